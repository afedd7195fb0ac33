import type { Capabilities } from '../../adapters/adapter.ts'
import { InputError } from '../domain/input-error.ts'
import { aggregatePrefixes, type Prefix, parsePrefix, prefixFamily, prefixLength } from '../domain/prefix.ts'
import { PrefixMap } from '../domain/prefix-map.ts'
import type { Target } from '../domain/target.ts'
import { type AccountLists, Accounts, NO_ACCOUNTS } from './accounts.ts'
import { ancestorsOf } from './department-tree.ts'
import { type KnownHost, KnownHosts } from './known-hosts.ts'

/** How an address came to its user; `shared` stands for many users, such as behind a NAT. */
export type AddressKind = 'static' | 'dhcp' | 'slaac' | 'shared'

/** What a block of one host does when the lease of its address goes to another: goes with the host, or is pointed out. */
export type LeaseRule = 'follow' | 'flag'

export interface AddressRange {
  readonly prefix: Prefix
  readonly kind: AddressKind
  /** Users behind one address; 1 unless shared. */
  readonly users: number
  /** Only where addresses change hands: `dhcp` and `shared`; left out, `flag`. */
  readonly lease?: LeaseRule
}

/** In IPv6 one host may use a whole prefix: what counts as one host there, as a prefix length. */
export interface HostUnit {
  readonly prefix: Prefix
  readonly length: 128 | 64 | 56
}

/** Whether a prefix may be blackholed at an upstream: never, when a person asks for it, or automatically too. */
export type Consent = 'never' | 'ask' | 'auto'

/** Never blocked in this role: `source`, traffic from it; `destination`, traffic to it. */
export interface ProtectedEntry {
  readonly prefix: Prefix
  readonly role: 'source' | 'destination' | 'any'
  readonly name: string
  /** Who answers for it being here. */
  readonly owner?: string
  readonly reason?: string
  /** The day after which somebody should ask whether it must still be here: YYYY-MM-DD. */
  readonly review?: string
}

/** Somebody to write to. */
export interface Contact {
  readonly name: string
  readonly mail: string
  readonly phone?: string
  readonly role?: string
}

/** Each rule of a blocked department carries them all. */
export const MOST_REACHABLE = 100

/** What stays reachable for a blocked department or connection: portal, resolvers, update mirrors. */
export interface ReachableEntry {
  readonly prefix: Prefix
  readonly name: string
}

export interface Department {
  readonly name: string
  readonly prefixes: readonly Prefix[]
  readonly users: number
  /** The department that it is a part of. */
  readonly parent?: string
  /** Names of contacts. */
  readonly contacts?: readonly string[]
  /** Names of the contacts that are its IT support. */
  readonly itss?: readonly string[]
  /** Accounts of its people, and `@realm` for all of a realm. */
  readonly accounts?: readonly string[]
  /** Where its hosts are attached: devices, or routers of a speaker as DEVICE/ROUTER. */
  readonly accessDevices?: readonly string[]
}

/** One of the ways by which a connection reaches us. */
export interface Attachment {
  readonly router: string
  readonly interface: string
  readonly neighbour: string
}

export interface Connection {
  readonly name: string
  readonly prefixes: readonly Prefix[]
  readonly attachments: readonly Attachment[]
  /** Whether the participant must have agreed before the connection is blocked. */
  readonly agreement?: boolean
  /** Name of a contact. */
  readonly contact?: string
}

/** What watches one router that enforces what a speaker announces. */
export interface Enforcer {
  readonly name: string
  readonly witness?: { readonly kind: string; readonly config: unknown }
  /** Milliseconds that it may take to be seen to do what the speaker announced; a default where nobody says. */
  readonly seenWithin?: number
}

/** More behind one speaker would not fit into the mask of those that were seen to have a rule. */
export const MOST_ENFORCERS = 24

export interface Device {
  readonly name: string
  readonly kind: string
  readonly config: unknown
  readonly capabilities: Capabilities
  readonly enforcers: readonly Enforcer[]
  /** Whether uRPF makes a source blackhole effective there (RFC 5635 §4). */
  readonly urpf: boolean
}

/** A way into the network, and the devices of which any one can stop traffic there. */
export interface Ingress {
  readonly name: string
  readonly coveredBy: readonly string[]
}

/** Everything the site has said about itself. Immutable: a reload makes another. */
export interface Inventory {
  readonly own: PrefixMap<true>
  readonly departments: ReadonlyMap<string, Department>
  readonly connections: ReadonlyMap<string, Connection>
  readonly departmentOf: PrefixMap<string>
  readonly addresses: PrefixMap<AddressRange>
  readonly hostUnits: PrefixMap<HostUnit>
  readonly protected: PrefixMap<readonly ProtectedEntry[]>
  readonly reachable: readonly ReachableEntry[]
  readonly consent: PrefixMap<Consent>
  readonly devices: ReadonlyMap<string, Device>
  readonly ingress: readonly Ingress[]
  readonly contacts: ReadonlyMap<string, Contact>
  readonly hosts: KnownHosts
  readonly accounts: Accounts
}

/** The lists that an inventory is built from. */
export interface InventoryLists {
  readonly own: readonly Prefix[]
  readonly departments: readonly Department[]
  readonly connections: readonly Connection[]
  readonly addresses: readonly AddressRange[]
  readonly hostUnits: readonly HostUnit[]
  readonly protected: readonly ProtectedEntry[]
  readonly reachable: readonly ReachableEntry[]
  readonly consent: readonly { readonly prefix: Prefix; readonly upstream: Consent }[]
  readonly devices: readonly Device[]
  readonly ingress: readonly Ingress[]
  readonly contacts?: readonly Contact[]
  readonly hosts?: readonly KnownHost[]
  readonly accounts?: AccountLists
}

/** Widest prefix of the allow list, by family: blocked departments would reach half of the world otherwise. */
const WIDEST_REACHABLE = { 4: 8, 6: 16 } as const

/** @throws InputError the prefix codes, `reachable-wide` */
export function readReachable(text: string): Prefix {
  const prefix = parsePrefix(text)
  const shortest = WIDEST_REACHABLE[prefixFamily(prefix)]
  if (prefixLength(prefix) >= shortest) return prefix
  throw new InputError(
    'reachable-wide',
    `a blocked department would still reach all of ${prefix}; name what it needs, nothing wider than /${shortest}`,
  )
}

export function buildInventory(lists: InventoryLists): Inventory {
  const inventory = {
    own: new PrefixMap<true>(),
    departments: new Map(lists.departments.map((department) => [department.name, department])),
    connections: new Map(lists.connections.map((connection) => [connection.name, connection])),
    departmentOf: new PrefixMap<string>(),
    addresses: new PrefixMap<AddressRange>(),
    hostUnits: new PrefixMap<HostUnit>(),
    protected: new PrefixMap<readonly ProtectedEntry[]>(),
    reachable: lists.reachable,
    consent: new PrefixMap<Consent>(),
    devices: new Map(lists.devices.map((device) => [device.name, device])),
    ingress: lists.ingress,
    contacts: new Map((lists.contacts ?? []).map((contact) => [contact.name, contact])),
    hosts: new KnownHosts(lists.hosts ?? []),
    accounts: new Accounts(lists.accounts ?? NO_ACCOUNTS, lists.departments),
  }
  // Two halves are one space: what covers both is own.
  for (const prefix of aggregatePrefixes(lists.own)) inventory.own.set(prefix, true)
  for (const { name, prefixes } of lists.departments)
    for (const prefix of prefixes) inventory.departmentOf.set(prefix, name)
  for (const range of lists.addresses) inventory.addresses.set(range.prefix, range)
  for (const unit of lists.hostUnits) inventory.hostUnits.set(unit.prefix, unit)
  for (const { prefix, upstream } of lists.consent) inventory.consent.set(prefix, upstream)
  for (const entry of lists.protected)
    inventory.protected.set(entry.prefix, [...(inventory.protected.get(entry.prefix) ?? []), entry])
  return inventory
}

/** Whether all of the prefix lies in own space. */
export function isOwn(inventory: Inventory, prefix: Prefix): boolean {
  return inventory.own.covers(prefix)
}

/** Whether a department is one of these, or a part of one. */
export function belongsTo({ departments }: Inventory, name: string, these: readonly string[]): boolean {
  return [name, ...ancestorsOf(departments, name)].some((at) => these.includes(at))
}

/** What a block of this host does when the lease of its address moves; `undefined` where addresses do not change hands. */
export function leaseRuleOf({ addresses }: Inventory, host: Prefix): LeaseRule | undefined {
  const range = addresses.covering(host).at(-1)?.[1]
  return range?.kind === 'dhcp' || range?.kind === 'shared' ? (range.lease ?? 'flag') : undefined
}

/** Protected entries whose day of review has passed at `now` (milliseconds, days in UTC), the longest ago first. */
export function reviewsDue({ protected: entries }: Inventory, now: number): ProtectedEntry[] {
  const today = new Date(now).toISOString().slice(0, 10)
  return [...entries.entries()]
    .flatMap(([, there]) => there)
    .filter(({ review }) => review !== undefined && review < today)
    .sort((a, b) => (a.review ?? '').localeCompare(b.review ?? ''))
}

/**
 * The prefixes that a target names, before anything protected is taken out; `undefined` for an unknown name. Accounts and
 * stations have none.
 */
export function namedPrefixes(inventory: Inventory, target: Target): readonly Prefix[] | undefined {
  switch (target.kind) {
    case 'host':
      return [target.prefix]
    case 'department':
      return inventory.departments.get(target.name)?.prefixes
    case 'connection':
      return inventory.connections.get(target.name)?.prefixes
    case 'account':
    case 'station':
      return []
  }
}
