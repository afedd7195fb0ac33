import type { Family, Prefix } from '../../../src/domain/prefix.ts'
import { BLACKHOLE, type Bounds, type CommunitySet, familiesTaken, ofFamily } from './bounds.ts'
import { communityWord, hasFlow, isLarge } from './words.ts'

/** What the platforms with prefix lists, community lists and route maps write differently. */
export interface Dialect {
  /** What the lists' commands begin with, up to the name. */
  readonly communityList: string
  readonly largeCommunityList: string
  prefixList(family: Family, name: string, entries: readonly HostEntry[]): string[]
  readonly setNextHop: Readonly<Record<Family, string>>
  /** Ends a route map's clause. */
  readonly end: string
}

/** One line of a prefix list that is about the hosts of a prefix alone. */
export interface HostEntry {
  readonly verb: 'permit' | 'deny'
  readonly prefix: string
}

/** `203.0.113.0/24 ge 32`: `ge` of a host's own length is an error on some platforms. */
export function hostsIn(prefix: string, family: Family): string {
  const bits = family === 4 ? 32 : 128
  return prefix.endsWith(`/${bits}`) ? prefix : `${prefix} ge ${bits}`
}

/** The route map by which nothing is told to the speaker. */
export function nothingOutName({ session }: Bounds): string {
  return `${session}-none`
}

/** These platforms add what they read to what they have. */
export function reloadNote({ session }: Bounds): string {
  return `Where an older one is loaded, first remove its lists and route maps, called ${session}-*: their lines would stay beside the new ones.`
}

interface Clause {
  readonly verb: 'permit' | 'deny'
  readonly hosts: 'own' | 'other'
  readonly communities: CommunitySet
}

function clausesOf(bounds: Bounds, family: Family): Clause[] {
  const inside = ofFamily(bounds.own, family).length === 0 ? [] : bounds.inside
  const permit = (hosts: Clause['hosts'], sets: readonly CommunitySet[]): Clause[] =>
    sets.map((communities) => ({ verb: 'permit', hosts, communities }))
  const refusal: Clause = { verb: 'deny', hosts: 'other', communities: [BLACKHOLE] }
  return [
    ...permit('own', inside),
    ...(bounds.outside.length === 0 ? [] : [refusal]),
    ...permit('other', bounds.outside),
  ]
}

/** Prefix lists, community lists and route maps: everything that a session of ours refers to. */
export function policyLines(bounds: Bounds, dialect: Dialect): string[] {
  const families = familiesTaken(bounds, 'unicast')
  const clauses = families.flatMap((family) => clausesOf(bounds, family))
  const sets = new Map(clauses.map(({ communities }) => [communities.join(' '), communities]))
  const names = new Map([...sets.keys()].map((key, index) => [key, `${bounds.session}-set${index + 1}`]))
  const nameOf = (set: CommunitySet): string => names.get(set.join(' ')) ?? ''
  return [
    ...[...sets.values()].flatMap((set) => communityLines(nameOf(set), set, dialect)),
    ...(hasFlow(bounds) ? communityLines(`${bounds.session}-marked`, [bounds.marking], dialect) : []),
    ...families.flatMap((family) => prefixLines(bounds, family, dialect)),
    ...families.flatMap((family) => routeMapLines(bounds, family, dialect, nameOf)),
    ...(hasFlow(bounds) ? flowMapLines(bounds, dialect) : []),
    `route-map ${nothingOutName(bounds)} deny 10`,
    dialect.end,
  ]
}

/** In one line of a list, all of the communities must be there. */
function communityLines(name: string, set: CommunitySet, dialect: Dialect): string[] {
  const standard = set.filter((one) => !isLarge(one)).map(communityWord)
  const large = set.filter(isLarge)
  return [
    ...(standard.length === 0 ? [] : [`${dialect.communityList} ${name} permit ${standard.join(' ')}`]),
    ...(large.length === 0 ? [] : [`${dialect.largeCommunityList} ${name} permit ${large.join(' ')}`]),
  ]
}

function prefixLines(bounds: Bounds, family: Family, dialect: Dialect): string[] {
  const entries = (verb: HostEntry['verb'], prefixes: readonly Prefix[]): HostEntry[] =>
    ofFamily(prefixes, family).map((prefix) => ({ verb, prefix }))
  const never = entries('deny', bounds.never)
  const all = family === 4 ? '0.0.0.0/0' : '::/0'
  // A list without a line would match everything, so each ends with one.
  const own = [...never, ...entries('permit', bounds.own), { verb: 'deny' as const, prefix: all }]
  const other = [...never, ...entries('deny', bounds.own), { verb: 'permit' as const, prefix: all }]
  return [
    ...dialect.prefixList(family, listName(bounds, 'own', family), own),
    ...(bounds.outside.length === 0
      ? []
      : dialect.prefixList(family, listName(bounds, 'other', family), other)),
  ]
}

function listName({ session }: Bounds, hosts: Clause['hosts'], family: Family): string {
  return `${session}-${hosts}${family}`
}

export function routeMapName({ session }: Bounds, family: Family): string {
  return `${session}-in${family}`
}

export function flowMapName({ session }: Bounds): string {
  return `${session}-flow`
}

function routeMapLines(
  bounds: Bounds,
  family: Family,
  dialect: Dialect,
  nameOf: (set: CommunitySet) => string,
): string[] {
  const name = routeMapName(bounds, family)
  const clauses = clausesOf(bounds, family)
  const word = family === 4 ? 'ip' : 'ipv6'
  const lines = clauses.flatMap(({ verb, hosts, communities }, index) => [
    `route-map ${name} ${verb} ${(index + 1) * 10}`,
    ` match ${word} address prefix-list ${listName(bounds, hosts, family)}`,
    ...matchCommunities(nameOf(communities), communities),
    ...(verb === 'permit' ? [` ${dialect.setNextHop[family]} ${bounds.discard[family]}`] : []),
    dialect.end,
  ])
  return [...lines, `route-map ${name} deny ${(clauses.length + 1) * 10}`, dialect.end]
}

function matchCommunities(name: string, set: CommunitySet): string[] {
  return [
    ...(set.every(isLarge) ? [] : [` match community ${name}`]),
    ...(set.some(isLarge) ? [` match large-community ${name}`] : []),
  ]
}

function flowMapLines(bounds: Bounds, dialect: Dialect): string[] {
  return [
    `route-map ${flowMapName(bounds)} permit 10`,
    ...matchCommunities(`${bounds.session}-marked`, [bounds.marking]),
    dialect.end,
    `route-map ${flowMapName(bounds)} deny 20`,
    dialect.end,
  ]
}
