import { parseMac } from '../domain/identity.ts'
import { InputError, within } from '../domain/input-error.ts'
import {
  type Binding,
  type BindingReader,
  bindingOf,
  parseAddress,
  parseMoment,
  parseUser,
  sessionNumber,
} from './binding.ts'
import { BindingColumns } from './binding-columns.ts'
import { csvRecords } from './csv.ts'
import { jsonLines } from './json-lines.ts'
import { readKeaLeases } from './kea-leases.ts'
import { type LineProblem, LineProblems } from './line-problems.ts'
import { readAccounting } from './radius-accounting.ts'

/** `csv` and `jsonl` with the fields of a binding; lease files of Kea; RADIUS accounting as JSON lines. */
export type BindingFormat = 'csv' | 'jsonl' | 'kea' | 'radius'

export interface ReadBindings {
  /** Compact, to be given to `bindingsFrom` or `bindingsWith`; read one after the other. Empty when refused. */
  readonly bindings: Iterable<Binding> & { readonly size: number }
  /** Lines that are in order and say nothing of who had an address, such as declined leases. */
  readonly passedOver: number
  readonly problems: readonly LineProblem[]
}

const READERS: Readonly<Record<BindingFormat, BindingReader>> = {
  csv: readCsv,
  jsonl: readJsonLines,
  kea: readKeaLeases,
  radius: readAccounting,
}

/**
 * Reads bindings from text. A line with a problem refuses the whole text, so that a broken export never replaces a good
 * one by half, unless `takeRest` asks for the lines that can be read. `source` names the origin where no line does.
 */
export function readBindings(
  text: string,
  format: BindingFormat,
  { source, takeRest = false }: { readonly source: string; readonly takeRest?: boolean },
): ReadBindings {
  const problems = new LineProblems()
  const bindings = new BindingColumns()
  const passedOver = READERS[format](text, source, (binding) => bindings.add(binding), problems)
  const refused = problems.count > 0 && !takeRest
  return { bindings: refused ? new BindingColumns() : bindings, passedOver, problems: problems.list }
}

const FIELDS = [
  ...([
    'address',
    'from',
    'until',
    'mac',
    'user',
    'port',
    'fromPort',
    'toPort',
    'source',
    'session',
  ] as const),
] as const
type Field = (typeof FIELDS)[number]
const [ADDRESS, FROM, ...OPTIONAL] = FIELDS

function readCsv(...[text, source, take, problems]: Parameters<BindingReader>): number {
  const columns = { required: [ADDRESS, FROM], optional: OPTIONAL, others: 'refuse' } as const
  for (const { line, get } of csvRecords<Field>(text, columns, problems)) {
    const binding = problems.take(line, () => genericBinding(get, source))
    if (binding !== undefined) take(binding)
  }
  return 0
}

function readJsonLines(...[text, source, take, problems]: Parameters<BindingReader>): number {
  for (const { line, value } of jsonLines(text, problems)) {
    const binding = problems.take(line, () => {
      for (const name of Object.keys(value))
        if (!FIELDS.some((field) => field === name))
          throw new InputError('binding-field', `unknown field '${name}'; known are ${FIELDS.join(', ')}`)
      return genericBinding((name) => textOf(name, value[name]), source)
    })
    if (binding !== undefined) take(binding)
  }
  return 0
}

function textOf(name: Field, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new InputError('binding-field', `must be text or a number`, name)
}

function genericBinding(get: (name: Field) => string | undefined, source: string): Binding {
  const read = <T>(name: Field, parse: (text: string) => T): T | undefined => {
    const text = get(name)
    return text === undefined ? undefined : within(name, () => parse(text))
  }
  const address = read('address', parseAddress)
  const from = read('from', parseMoment)
  if (address === undefined || from === undefined)
    throw new InputError('binding-field', 'address and from must be there')
  return bindingOf({
    address,
    mac: read('mac', parseMac),
    user: read('user', parseUser),
    port: get('port'),
    fromPort: read('fromPort', parsePort),
    toPort: read('toPort', parsePort),
    from,
    until: read('until', parseMoment) ?? null,
    source: get('source') ?? source,
    session: read('session', sessionNumber),
  })
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InputError('binding-port', `'${text}' is no port; ports run from 0 to 65535`)
}
