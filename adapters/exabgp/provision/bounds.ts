import {
  aggregatePrefixes,
  type Family,
  isHostPrefix,
  type Prefix,
  parsePrefix,
  prefixContains,
  prefixFamily,
} from '../../../src/domain/prefix.ts'
import type { ProvisionSite } from '../../adapter.ts'
import { communityNumber } from '../community.ts'
import {
  type BgpFamily,
  canonicalAddress,
  type ExabgpConfig,
  familiesOf,
  holdTimeOf,
  isInternal,
  maxFlowsOf,
  maxRoutesOf,
  type NeighbourConfig,
  type ScopeConfig,
  scopesOf,
} from '../config.ts'

/*
 * What a router takes of us: computed here once, so that a platform's renderer only says it in the platform's words.
 */

/** Communities in numbers, sorted, that a route must all carry; the marking is among them. */
export type CommunitySet = readonly string[]

export interface Bounds {
  readonly device: string
  readonly router: string
  /** What the router calls the session; everything that is printed for it has a name that begins so. */
  readonly session: string
  readonly speaker: { readonly address: string; readonly as: number }
  readonly local: { readonly address: string; readonly as: number }
  readonly isInternal: boolean
  readonly hasKey: boolean
  /** `direct`: the two are neighbours and nobody says more. */
  readonly hops: 'direct' | 'gtsm' | { readonly ttl: number }
  readonly holdTime: number
  readonly families: readonly BgpFamily[]
  readonly marking: string
  readonly own: readonly Prefix[]
  /** Not to be blackholed: the protected entries, and both ends of each session of the device. */
  readonly never: readonly Prefix[]
  /** Not to be named as a whole by a flow route. */
  readonly neverInFlow: { readonly destination: readonly Prefix[]; readonly source: readonly Prefix[] }
  /** A host route in own space must carry one of these sets. */
  readonly inside: readonly CommunitySet[]
  /** One elsewhere, one of these; empty where the router gets no scope `external`. */
  readonly outside: readonly CommunitySet[]
  /** Where what is taken leads to. */
  readonly discard: Readonly<Record<Family, string>>
  readonly urpf: boolean
  readonly maxRoutes: number
  readonly maxFlows: number
  /** Whether flow routes are checked against unicast routes (RFC 8955 §6, RFC 9117). */
  readonly isFlowValidated: boolean
  readonly upstreams: readonly { readonly scope: string; readonly communities: CommunitySet }[]
  readonly places: readonly { readonly name: string; readonly routeTarget: string }[]
}

/** 65535:666, RFC 7999. */
export const BLACKHOLE = communityNumber('blackhole')

export function boundsOf(config: ExabgpConfig, neighbour: NeighbourConfig, site: ProvisionSite): Bounds {
  const discard = scopesOf(config, neighbour)['local'] ?? config.scopes['local']
  if (discard === undefined) throw new Error('no local scope is configured')
  return {
    device: site.device,
    router: neighbour.name,
    session: neighbour.session ?? 'cordon',
    speaker: { address: canonicalAddress(neighbour.localAddress), as: neighbour.localAs },
    local: { address: canonicalAddress(neighbour.address), as: neighbour.peerAs },
    isInternal: isInternal(neighbour),
    hasKey: neighbour.md5 !== undefined,
    hops: neighbour.gtsm === true ? 'gtsm' : neighbour.ttl === undefined ? 'direct' : { ttl: neighbour.ttl },
    holdTime: holdTimeOf(neighbour),
    families: familiesOf(neighbour),
    marking: communityNumber(config.marking),
    own: aggregatePrefixes(site.own),
    ...neverOf(config, site),
    ...setsOf(config, neighbour, site),
    discard: { 4: canonicalAddress(discard.nextHop4), 6: canonicalAddress(discard.nextHop6) },
    urpf: site.urpf,
    maxRoutes: maxRoutesOf(config),
    maxFlows: maxFlowsOf(config, neighbour),
    isFlowValidated: isInternal(neighbour) && neighbour.validates === true,
    places: Object.entries(config.places ?? {}).map(([name, { routeTarget }]) => ({ name, routeTarget })),
  }
}

function neverOf(config: ExabgpConfig, site: ProvisionSite): Pick<Bounds, 'never' | 'neverInFlow'> {
  const protectedAs = (role: 'source' | 'destination'): Prefix[] =>
    site.protected.filter((entry) => entry.role === role || entry.role === 'any').map(({ prefix }) => prefix)
  const ends = config.neighbours
    .flatMap(({ address, localAddress }) => [address, localAddress])
    .map((address) => parsePrefix(address))
  const destination = aggregatePrefixes([...protectedAs('destination'), ...ends])
  const source = aggregatePrefixes([...protectedAs('source'), ...ends])
  // With uRPF the one route stops both directions, whichever it was meant for (RFC 5635 §4).
  const never = site.urpf ? aggregatePrefixes([...destination, ...source]) : destination
  return { never, neverInFlow: { destination, source } }
}

function setsOf(
  config: ExabgpConfig,
  neighbour: NeighbourConfig,
  site: ProvisionSite,
): Pick<Bounds, 'inside' | 'outside' | 'upstreams'> {
  const scopes = Object.entries(scopesOf(config, neighbour))
  const sets = (isWanted: (name: string) => boolean): CommunitySet[] =>
    fewest(
      scopes
        .filter(([name]) => isWanted(name))
        .flatMap(([, scope]) => communitySets(scope, config.marking, site.urpf)),
    )
  return {
    inside: sets((name) => name !== 'external'),
    outside: sets((name) => name === 'external'),
    upstreams: scopes
      .filter(([name]) => name.startsWith('upstream:'))
      .map(([scope, { communities }]) => ({ scope, communities: numbers(communities) })),
  }
}

function communitySets(scope: ScopeConfig, marking: string, urpf: boolean): CommunitySet[] {
  const bySource = urpf ? [scope.sourceCommunities ?? scope.communities] : []
  return [scope.communities, ...bySource].map((communities) => numbers([marking, ...communities]))
}

function numbers(communities: readonly string[]): CommunitySet {
  return [...new Set(communities.map(communityNumber))].sort()
}

/** Without those that another makes needless, as it asks for less. */
function fewest(sets: readonly CommunitySet[]): CommunitySet[] {
  const different = [...new Map(sets.map((set) => [set.join(' '), set])).values()]
  return different.filter(
    (set) => !different.some((less) => less !== set && less.every((one) => set.includes(one))),
  )
}

export function takes(bounds: Bounds, kind: 'unicast' | 'flow', family: Family): boolean {
  return bounds.families.includes(`ipv${family} ${kind}`)
}

/** The families that the router takes of a kind. */
export function familiesTaken(bounds: Bounds, kind: 'unicast' | 'flow'): Family[] {
  return ([4, 6] as const).filter((family) => takes(bounds, kind, family))
}

export function ofFamily(prefixes: readonly Prefix[], family: Family): Prefix[] {
  return prefixes.filter((prefix) => prefixFamily(prefix) === family)
}

/** Whether the router takes a unicast route of ours with these communities, in numbers. */
export function acceptsRoute(bounds: Bounds, prefix: Prefix, communities: ReadonlySet<string>): boolean {
  if (!takes(bounds, 'unicast', prefixFamily(prefix)) || !isHostPrefix(prefix)) return false
  if (isIn(bounds.never, prefix)) return false
  const isOwn = isIn(bounds.own, prefix)
  // RFC 7999 §3.3: who blackholes what is not theirs would do it for others.
  if (!isOwn && communities.has(BLACKHOLE)) return false
  const sets = isOwn ? bounds.inside : bounds.outside
  return sets.some((set) => set.every((community) => communities.has(community)))
}

/** What the bounds see of a flow route. */
export interface FlowSeen {
  readonly family: Family
  readonly destination?: Prefix
  readonly source?: Prefix
}

/** Whether the router takes a flow route of ours, before it is validated; some platforms can check less than this. */
export function acceptsFlow(bounds: Bounds, flow: FlowSeen, communities: ReadonlySet<string>): boolean {
  if (!takes(bounds, 'flow', flow.family) || !communities.has(bounds.marking)) return false
  const { destination, source } = bounds.neverInFlow
  if (flow.destination !== undefined && isIn(destination, flow.destination)) return false
  return flow.source === undefined || !isIn(source, flow.source)
}

function isIn(prefixes: readonly Prefix[], prefix: Prefix): boolean {
  return prefixes.some((one) => prefixContains(one, prefix))
}
