import { InputError } from '../domain/input-error.ts'
import { type Prefix, parsePrefix, prefixAddress } from '../domain/prefix.ts'
import { csvRecords } from './csv.ts'
import { type JsonRecord, jsonLines } from './json-lines.ts'
import { canonicalName, type KnownHost } from './known-hosts.ts'
import type { LineProblems } from './line-problems.ts'
import { netboxResults } from './netbox.ts'

/** A host, and the line that says so. */
export type ReadHost = KnownHost & { readonly line: number }

/** How hosts are written down: by the ending of the file. */
export type HostFormat = 'csv' | 'json' | 'jsonl'

/**
 * Reads the hosts of one file: `csv`, `name,address[,department][,description]`; `json`, an answer of NetBox's
 * ip-addresses; `jsonl`, the same objects one a line. What is wrong is among the problems, with its line.
 */
export function readHosts(text: string, format: HostFormat, problems: LineProblems): ReadHost[] {
  if (format === 'csv') return hostsOfCsv(text, problems)
  const records = format === 'json' ? netboxResults(text, problems) : jsonLines(text, problems)
  return [...records].flatMap((record) => hostOfObject(record, problems) ?? [])
}

function hostsOfCsv(text: string, problems: LineProblems): ReadHost[] {
  const columns = {
    required: ['name', 'address'],
    optional: ['department', 'description'],
    others: 'refuse',
  } as const
  return [...csvRecords(text, columns, problems)].flatMap(({ line, get }) => {
    const department = get('department')
    const description = get('description')
    const host = problems.take(line, () => ({
      name: hostName(get('name') ?? ''),
      address: hostAddress(get('address') ?? ''),
      ...(department === undefined ? {} : { department }),
      ...(description === undefined ? {} : { description }),
      line,
    }))
    return host === undefined ? [] : [host]
  })
}

/** An address without a name says nothing that is kept here; NetBox has many. */
function hostOfObject({ line, value }: JsonRecord, problems: LineProblems): ReadHost | undefined {
  const { address, dns_name: name = '', description = '' } = value
  return problems.take(line, () => {
    if (typeof address !== 'string')
      throw new InputError('host-address', 'there is no "address", such as "192.0.2.7/24"')
    if (typeof name !== 'string') throw new InputError('host-name', '"dns_name" must be text')
    const at = interfaceAddress(address)
    if (name.trim() === '') return undefined
    const words = typeof description === 'string' && description !== '' ? { description } : {}
    return { name: hostName(name), address: at, ...words, line }
  })
}

function hostName(text: string): string {
  const name = canonicalName(text)
  if (
    name.length <= 253 &&
    /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name)
  )
    return name
  throw new InputError(
    'host-name',
    `'${text}' is no host name; write letters, digits and '-', such as pc7.example.org`,
  )
}

function hostAddress(text: string): Prefix {
  if (text.includes('/'))
    throw new InputError('host-address', `'${text}' is a prefix; a host has one address, without a length`)
  return parsePrefix(text)
}

/** NetBox writes an address with the length of its network: 192.0.2.7/24 is the host 192.0.2.7. */
function interfaceAddress(text: string): Prefix {
  const slash = text.indexOf('/')
  const address = parsePrefix(slash < 0 ? text : text.slice(0, slash))
  // The length must be one, though nothing is done with it: otherwise this is some other field.
  if (slash >= 0 && !/^\d{1,3}$/.test(text.slice(slash + 1)))
    throw new InputError('host-address', `'${text}' has no usable length; write ${prefixAddress(address)}/24`)
  return address
}
