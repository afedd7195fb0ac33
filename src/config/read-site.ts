import { readAddrSpec } from '../domain/mail-address.ts'
import { type Prefix, parsePrefix } from '../domain/prefix.ts'
import { inventoryDigest } from '../inventory/canonical.ts'
import {
  buildInventory,
  type Device,
  type Inventory,
  type InventoryLists,
  readReachable,
} from '../inventory/inventory.ts'
import { KnownHosts } from '../inventory/known-hosts.ts'
import { type Registry, readDevices } from './devices.ts'
import type { Path, Problems } from './problems.ts'
import { readAccountLists, readDepartmentAccounts } from './read-accounts.ts'
import { type ReadCalendar, readCalendar } from './read-calendar.ts'
import { checkDepartments } from './read-departments.ts'
import { readHostFiles } from './read-hosts.ts'
import { readEssentials, readProtected } from './read-protected.ts'
import type { ConfigFile } from './schema.ts'

/** The inventory of a site, what it was built from, the files in which that stood, and its calendar. */
export interface ReadSite extends ReadCalendar {
  readonly inventory: Inventory
  readonly lists: InventoryLists
  /** The same for the same lists, whatever their order. */
  readonly digest: string
  /** Absolute paths of all files that were read, beside devices' own. */
  readonly files: readonly string[]
}

/** Everything that the site has said about itself, checked as a whole. What is wrong is among the problems. */
export async function readSite(
  { site, devices }: ConfigFile,
  folder: string,
  registry: Registry,
  problems: Problems,
): Promise<ReadSite> {
  const built = readDevices(devices, registry, problems)
  const whyNoPlace = placesOf(devices, built)
  const names = new Set((site.departments ?? []).map(({ name }) => name))
  const { hosts, files } = await readHostFiles(site.hosts ?? [], folder, names, problems)
  const essentials = await readEssentials(site.essentials, folder, problems)
  const { prefixes, identities } = readProtected(site.protected ?? [], new KnownHosts(hosts), problems)
  const lists = {
    ...readLists(site, problems),
    contacts: site.contacts ?? [],
    hosts,
    protected: [...prefixes, ...essentials.entries],
    accounts: readAccountLists(site, identities, problems),
    devices: built,
  }
  checkSite(site, lists, whyNoPlace, problems)
  const service = await readCalendar(site.calendar, problems)
  return {
    ...service,
    inventory: buildInventory(lists),
    lists,
    digest: inventoryDigest(lists),
    files: [...files, ...essentials.files],
  }
}

/** What stands in the file itself, without what is only known together with other files. */
function readLists(
  site: ConfigFile['site'],
  problems: Problems,
): Omit<InventoryLists, 'protected' | 'devices'> {
  const prefixes = (path: Path, texts: readonly string[]): Prefix[] =>
    texts.flatMap((text, index) => problems.take([...path, index], () => parsePrefix(text)) ?? [])
  const withPrefix = prefixedReader(problems)
  const accounts = readDepartmentAccounts(site, problems)
  return {
    own: prefixes(['site', 'own'], site.own),
    departments: (site.departments ?? []).map(({ accounts: _, ...department }, index) => ({
      ...department,
      ...(accounts[index]?.length ? { accounts: accounts[index] } : {}),
      users: department.users ?? 0,
      prefixes: prefixes(['site', 'departments', index, 'prefixes'], department.prefixes),
    })),
    connections: (site.connections ?? []).map((connection, index) => ({
      ...connection,
      prefixes: prefixes(['site', 'connections', index, 'prefixes'], connection.prefixes),
    })),
    addresses: withPrefix('addresses', site.addresses ?? []).map(({ users = 1, ...range }) => ({
      ...range,
      users,
    })),
    hostUnits: withPrefix('hostUnits', site.hostUnits ?? []),
    reachable: withPrefix('reachable', site.reachable ?? [], readReachable),
    consent: withPrefix('consent', site.consent ?? []),
    ingress: site.ingress ?? [],
  }
}

/** Reads lists whose items each have a prefix; an item whose prefix is wrong or there already is a problem. */
function prefixedReader(problems: Problems) {
  return <T extends { prefix: string }>(list: string, ranges: readonly T[], read = parsePrefix) => {
    const seen = new Set<Prefix>()
    return ranges.flatMap((range, index) => {
      const path = ['site', list, index, 'prefix']
      const prefix = problems.take(path, () => read(range.prefix))
      if (prefix === undefined) return []
      if (seen.has(prefix)) problems.add(path, `${prefix} is there twice`)
      seen.add(prefix)
      return [{ ...range, prefix }]
    })
  }
}

function checkSite(
  site: ConfigFile['site'],
  lists: InventoryLists,
  whyNoPlace: (place: string) => string | undefined,
  problems: Problems,
): void {
  const { departments, connections, ingress, contacts = [] } = lists
  for (const [list, entries] of Object.entries({ departments, connections, ingress, contacts }))
    problems.refuseDoubles(['site', list], entries)
  for (const [index, { mail }] of contacts.entries())
    problems.take(['site', 'contacts', index, 'mail'], () => readAddrSpec(mail))
  const people = contacts.map(({ name }) => name)
  checkDepartments(departments, people, whyNoPlace, problems)
  for (const [index, { contact }] of connections.entries())
    if (contact !== undefined)
      problems.requireKnown(['site', 'connections', index, 'contact'], 'contact', contact, people)
  for (const [index, { coveredBy }] of ingress.entries())
    for (const [at, place] of coveredBy.entries()) {
      const words = whyNoPlace(place)
      if (words !== undefined) problems.add(['site', 'ingress', index, 'coveredBy', at], words)
    }
  for (const [index, { kind, lease }] of (site.addresses ?? []).entries())
    if (lease !== undefined && kind !== 'dhcp' && kind !== 'shared')
      problems.add(
        ['site', 'addresses', index, 'lease'],
        `${kind} addresses have no lease that could move; only dhcp and shared ones do`,
      )
}

/** Why a text names neither a device nor a router of one. A device that is wrong itself has no routers to look for. */
function placesOf(
  devices: ConfigFile['devices'],
  built: readonly Device[],
): (place: string) => string | undefined {
  const names = new Set(devices.map(({ name }) => name))
  const byName = new Map(built.map((device) => [device.name, device]))
  return (place) => {
    const [name = '', router] = place.split('/')
    if (!names.has(name)) return `there is no device '${name}'`
    const device = byName.get(name)
    if (device === undefined || router === undefined) return undefined
    const routers = device.capabilities.neighbours?.map((neighbour) => neighbour.name) ?? []
    if (routers.includes(router)) return undefined
    return `${name} speaks to no router '${router}'; known: ${routers.join(', ') || 'none'}`
  }
}
