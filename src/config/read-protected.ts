import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../domain/input-error.ts'
import { type Prefix, parsePrefix } from '../domain/prefix.ts'
import type { ProtectedIdentity } from '../inventory/accounts.ts'
import { isDay } from '../inventory/binding.ts'
import type { ProtectedEntry } from '../inventory/inventory.ts'
import type { KnownHosts } from '../inventory/known-hosts.ts'
import { Problems } from './problems.ts'
import { readProtectedWho } from './read-accounts.ts'
import { EssentialsSchema, type SiteFile } from './site-schema.ts'
import { ConfigError, readYamlFile } from './yaml-file.ts'

/** The list of essentials that Cordon brings along. */
const SHIPPED = fileURLToPath(new URL('../../policies/essentials.yaml', import.meta.url))

type ProtectedFile = NonNullable<SiteFile['protected']>[number]

/** What the site protects: addresses, and accounts and stations. */
export interface ReadProtected {
  readonly prefixes: readonly ProtectedEntry[]
  readonly identities: readonly ProtectedIdentity[]
}

/** The protected entries of the site; one that names a host stands for each of its addresses. */
export function readProtected(
  entries: readonly ProtectedFile[],
  hosts: KnownHosts,
  problems: Problems,
): ReadProtected {
  const prefixes: ProtectedEntry[] = []
  const identities: ProtectedIdentity[] = []
  for (const [index, { prefix, host, account, station, role, review, ...rest }] of entries.entries()) {
    const path = ['site', 'protected', index]
    if (review !== undefined) problems.take([...path, 'review'], () => readDay(review))
    const entry = { ...rest, ...(review === undefined ? {} : { review }) }
    const given = [prefix, host, account, station].filter((one) => one !== undefined)
    if (given.length !== 1) {
      problems.add(path, ONE_OF)
      continue
    }
    if (prefix !== undefined || host !== undefined)
      for (const found of prefixesOf(prefix, host, path, hosts, problems))
        prefixes.push({ ...entry, role: role ?? 'any', prefix: found })
    else {
      if (role !== undefined) problems.add([...path, 'role'], 'only addresses are protected in one role')
      const field = account === undefined ? 'station' : 'account'
      const who = problems.take([...path, field], () =>
        readProtectedWho({
          ...(account === undefined ? {} : { account }),
          ...(station === undefined ? {} : { station }),
        }),
      )
      if (who !== undefined) identities.push({ ...entry, who })
    }
  }
  return { prefixes, identities }
}

const ONE_OF =
  'give one of prefix, host (a name from the files of site.hosts), account (user@realm, or @realm) and station (a MAC address)'

function prefixesOf(
  prefix: string | undefined,
  host: string | undefined,
  path: readonly (string | number)[],
  hosts: KnownHosts,
  problems: Problems,
): readonly Prefix[] {
  if (prefix !== undefined) {
    const found = problems.take([...path, 'prefix'], () => parsePrefix(prefix))
    return found === undefined ? [] : [found]
  }
  const found = hosts.addressesOf(host ?? '')
  if (found.length === 0)
    problems.add([...path, 'host'], `no file of site.hosts has a host '${host}'; give its prefix instead`)
  return found
}

/** External essentials: the shipped list unless the site says `false`, or the path of a list of its own. */
export async function readEssentials(
  wish: SiteFile['essentials'],
  folder: string,
  problems: Problems,
): Promise<{ readonly entries: readonly ProtectedEntry[]; readonly files: readonly string[] }> {
  if (wish === false) return { entries: [], files: [] }
  const path = typeof wish === 'string' ? resolve(folder, wish) : SHIPPED
  try {
    const file = await readYamlFile(path, EssentialsSchema)
    const found = new Problems(file)
    const entries = file.data.essentials.flatMap(({ role = 'any', review, ...rest }, index) => {
      const place = ['essentials', index]
      found.take([...place, 'review'], () => readDay(review))
      const prefix = found.take([...place, 'prefix'], () => parsePrefix(rest.prefix))
      return prefix === undefined ? [] : [{ ...rest, prefix, role, review }]
    })
    problems.list.push(...found.list)
    return { entries, files: [path] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems.list.push(...error.problems)
    return { entries: [], files: [path] }
  }
}

/** @throws InputError for what is no day of the calendar */
function readDay(text: string): void {
  if (!isDay(text)) throw new InputError('review-day', `'${text}' is no day; write it as 2027-11-30`)
}
