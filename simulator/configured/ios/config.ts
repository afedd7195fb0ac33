import type { AccessRule } from './access-rule.ts'

export interface ObjectGroup {
  readonly description?: string
  /** prefixes, by how the platform shows them, in the order of adding */
  readonly members: ReadonlyMap<string, string>
}

export type AccessEntry = { readonly remark: string } | { readonly rule: AccessRule }

/** By their sequence numbers, which decide the order. */
export type AccessList = ReadonlyMap<number, AccessEntry>

export interface InterfaceConfig {
  readonly description?: string
  readonly isShut: boolean
  /** `192.0.2.1/30`, `2001:DB8::1/64`: what they say is shown and nothing else */
  readonly address4?: string
  readonly addresses6: readonly string[]
  /** names of access lists, by direction */
  readonly filters4: Readonly<Partial<Record<Direction, string>>>
  readonly filters6: Readonly<Partial<Record<Direction, string>>>
}

export type Direction = 'in' | 'out'

export interface Neighbour {
  readonly remoteAs: string
  readonly description?: string
  readonly isShut: boolean
}

export interface Bgp {
  readonly asn: string
  readonly neighbours: ReadonlyMap<string, Neighbour>
}

/** A configuration; changes make a new one and share what stays. */
export interface IosConfig {
  readonly hostname: string
  readonly groups: ReadonlyMap<string, ObjectGroup>
  readonly lists: Readonly<Record<4 | 6, ReadonlyMap<string, AccessList>>>
  readonly interfaces: ReadonlyMap<string, InterfaceConfig>
  readonly bgp?: Bgp
}

/** A router as it comes, with its interfaces (long names). */
export function emptyConfig(hostname: string, interfaces: readonly string[]): IosConfig {
  return {
    hostname,
    groups: new Map(),
    lists: { 4: new Map(), 6: new Map() },
    interfaces: new Map(interfaces.map((name) => [name, emptyInterface()])),
  }
}

export function emptyInterface(): InterfaceConfig {
  return { isShut: false, addresses6: [], filters4: {}, filters6: {} }
}

/** The map with one entry put or, for undefined, taken away; the same map when that is no change. */
export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V | undefined): ReadonlyMap<K, V> {
  if (map.get(key) === value) return map
  const copy = new Map(map)
  if (value === undefined) copy.delete(key)
  else copy.set(key, value)
  return copy
}

/** Names of the lists whose rules use the group. */
export function listsThatUse(config: IosConfig, group: string): string[] {
  return [...config.lists[4]].flatMap(([name, list]) =>
    [...list.values()].some((entry) => uses(entry, group)) ? [name] : [],
  )
}

function uses(entry: AccessEntry, group: string): boolean {
  return 'rule' in entry && (entry.rule.source.group === group || entry.rule.destination.group === group)
}
