import Type, { type Static } from 'typebox'
import { COMPONENT_NAMES } from '../../src/domain/match.ts'
import type { Family } from '../../src/domain/prefix.ts'
import { parsePrefix, prefixAddress, prefixFamily } from '../../src/domain/prefix.ts'
import { ACTIONS, type Reach, type RuleScope } from '../../src/domain/rule.ts'
import { AdapterError, type Capabilities } from '../adapter.ts'
import { communityNumber } from './community.ts'

const strict = { additionalProperties: false }
const AS_NUMBER = Type.Integer({ minimum: 1, maximum: 4_294_967_295 })
const ADDRESS = Type.String({ pattern: '^[0-9A-Fa-f:.]{2,45}$' })
/** `65010:911`, a large community `64496:1:2` (RFC 8092) or a well-known name (RFC 1997, RFC 7999). */
const COMMUNITY = Type.String({
  pattern: '^(\\d{1,5}:\\d{1,5}|\\d{1,10}:\\d{1,10}:\\d{1,10}|no-export|no-advertise|blackhole)$',
})
const FAMILIES = ['ipv4 unicast', 'ipv6 unicast', 'ipv4 flow', 'ipv6 flow'] as const
export type BgpFamily = (typeof FAMILIES)[number]
/** Routers whose configuration can be printed. */
export const PLATFORMS = ['bird', 'frr', 'junos', 'iosxr', 'iosxe', 'eos'] as const
export type Platform = (typeof PLATFORMS)[number]
const SCOPE_NAME = '^(local|external|(region|upstream):[A-Za-z0-9._-]{1,64})$'

const SCOPE = Type.Object(
  {
    communities: Type.Array(COMMUNITY, { maxItems: 32 }),
    /** What blackholes by source carry instead, where routers tell them apart. */
    sourceCommunities: Type.Optional(Type.Array(COMMUNITY, { maxItems: 32 })),
    nextHop4: ADDRESS,
    nextHop6: ADDRESS,
  },
  strict,
)

const SCOPES = Type.Record(Type.String({ pattern: SCOPE_NAME }), SCOPE, { minProperties: 1, ...strict })

const NEIGHBOUR = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' }),
    address: ADDRESS,
    /** Where it listens; 179 unless told. */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    localAddress: ADDRESS,
    localAs: AS_NUMBER,
    peerAs: AS_NUMBER,
    /** A reference to the TCP MD5 key (RFC 2385): `file:` or `env:`. */
    md5: Type.Optional(Type.String({ pattern: '^(file|env):.+$' })),
    /** Seconds; RFC 4271 §4.2 demands 3 or more. */
    holdTime: Type.Optional(Type.Integer({ minimum: 6, maximum: 65_535 })),
    /** What it takes; IPv4 and IPv6 unicast unless told. */
    families: Type.Optional(
      Type.Array(Type.Enum([...FAMILIES]), { minItems: 1, maxItems: FAMILIES.length, uniqueItems: true }),
    ),
    /** Which blackholes it gets, and as what; the device's scopes unless told. */
    scopes: Type.Optional(SCOPES),
    /** The most flow routes that it may get; the device's `maxFlows` unless told. */
    maxFlows: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Whether it refuses flow routes without a destination (RFC 8955 §6, RFC 9117). */
    validates: Type.Optional(Type.Boolean()),
    /** For a neighbour more than one hop away. */
    ttl: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
    /** Sends with TTL 255, so that the router can check that we are next to it (RFC 5082). */
    gtsm: Type.Optional(Type.Boolean()),
    /** What the router runs, for `cordon provision bgp`. */
    platform: Type.Optional(Type.Enum([...PLATFORMS])),
    /** What the router calls its session with us, in letters that each of the platforms takes; `cordon` unless told. */
    session: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_]{0,23}$' })),
  },
  strict,
)

/** ExaBGP writes a 32-bit AS number in a route target wrongly (measured), so it has 16 bits. */
const PLACES = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
  Type.Object({ routeTarget: Type.String({ pattern: '^\\d{1,5}:\\d{1,10}$' }) }, strict),
  strict,
)

export const exabgpConfig = Type.Object(
  {
    /** A name on the PATH or a whole path; `exabgp` unless told. */
    binary: Type.Optional(Type.String({ minLength: 1 })),
    /** The named network namespace to run in. */
    namespace: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })),
    routerId: Type.String({ pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$' }),
    neighbours: Type.Array(NEIGHBOUR, { minItems: 1, maxItems: 64 }),
    /** On every route of ours and on no other: what routers filter by, and what makes a route ours. */
    marking: COMMUNITY,
    scopes: SCOPES,
    /** Where flow routes may redirect traffic to, by name. */
    places: Type.Optional(PLACES),
    /** The most routes to hold; 100 000 unless told. */
    maxRoutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** The most flow routes among them; 500 unless told, as many routers take few. */
    maxFlows: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /**
     * The most operators in one component of a flow route; 5 unless told, since FRR 8.4 ends the session over more,
     * again at each reconnect (measured).
     */
    maxOperators: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    /** How long one command may stay without an answer, in milliseconds; 5 000 unless told. */
    answerWithin: Type.Optional(Type.Integer({ minimum: 50, maximum: 60_000 })),
    /** How long a neighbour may take to come up before that is reported, in milliseconds; 15 000 unless told. */
    peerWithin: Type.Optional(Type.Integer({ minimum: 100, maximum: 600_000 })),
  },
  strict,
)

export type ExabgpConfig = Static<typeof exabgpConfig>
export type NeighbourConfig = ExabgpConfig['neighbours'][number]
export type ScopeConfig = Static<typeof SCOPE>

const UNICAST: readonly BgpFamily[] = ['ipv4 unicast', 'ipv6 unicast']
const MAX_ROUTES = 100_000
const MAX_FLOWS = 500
const MAX_OPERATORS = 5
const HOLD_TIME = 90

export function familiesOf(neighbour: NeighbourConfig): readonly BgpFamily[] {
  return FAMILIES.filter((family) => (neighbour.families ?? UNICAST).includes(family))
}

/** Those that some neighbour takes. */
export function allFamilies(config: ExabgpConfig): readonly BgpFamily[] {
  return FAMILIES.filter((family) => config.neighbours.some((one) => familiesOf(one).includes(family)))
}

/** Whether it is in the AS that we speak for (iBGP). */
export function isInternal({ localAs, peerAs }: NeighbourConfig): boolean {
  return localAs === peerAs
}

/** What a neighbour gets of blackholes, by scope. Outside prefixes never leave the AS (RFC 7999 §3.3). */
export function scopesOf(
  config: ExabgpConfig,
  neighbour: NeighbourConfig,
): Readonly<Record<string, ScopeConfig>> {
  const scopes = neighbour.scopes ?? config.scopes
  if (isInternal(neighbour)) return scopes
  const { external: _, ...inside } = scopes
  return inside
}

export function holdTimeOf(neighbour: NeighbourConfig): number {
  return neighbour.holdTime ?? HOLD_TIME
}

/**
 * Two answers fit into a third of the shortest hold time, and with the time between two heartbeats into half of it: a
 * speaker that hangs is replaced before a router, which last heard of it up to a third ago, gives up.
 */
export function answerDeadline(config: ExabgpConfig): number {
  return Math.min(config.answerWithin ?? 5_000, sixthOfHoldTime(config))
}

/** How often a speaker that has nothing to do is asked whether it lives, in milliseconds. */
export function heartbeatOf(config: ExabgpConfig): number {
  return Math.min(10_000, sixthOfHoldTime(config))
}

function sixthOfHoldTime({ neighbours }: ExabgpConfig): number {
  return Math.floor((Math.min(...neighbours.map(holdTimeOf)) * 1_000) / 6)
}

export function maxFlowsOf(config: ExabgpConfig, neighbour: NeighbourConfig): number {
  return neighbour.maxFlows ?? config.maxFlows ?? MAX_FLOWS
}

export function maxRoutesOf(config: ExabgpConfig): number {
  return config.maxRoutes ?? MAX_ROUTES
}

export function maxOperatorsOf(config: ExabgpConfig): number {
  return config.maxOperators ?? MAX_OPERATORS
}

export function capabilitiesOf(config: ExabgpConfig): Capabilities {
  const neighbours = config.neighbours.map((neighbour) => reachOf(config, neighbour))
  const flow = neighbours.some((one) => one.flow.length > 0)
  const unicast = neighbours.some((one) => one.unicast.length > 0)
  const places = Object.keys(config.places ?? {})
  return {
    kinds: [...(unicast ? BLACKHOLES : []), ...(flow ? (['flow'] as const) : [])],
    components: flow ? COMPONENT_NAMES : [],
    actions: flow ? ACTIONS.filter((action) => action !== 'redirect' || places.length > 0) : ['drop'],
    places,
    families: BOTH.filter((family) =>
      neighbours.some((one) => one.unicast.includes(family) || one.flow.includes(family)),
    ),
    scopes: [...new Set(neighbours.flatMap((one) => one.scopes))],
    needsDestination: config.neighbours.some((one) => one.validates === true && takesFlow(one)),
    neighbours,
    flowOrder: 'rfc8955',
    evidence: 'speaker',
    transactional: false,
    maxEntries: maxRoutesOf(config),
    // Two of 500 keep ExaBGP busy and an urgent rule at most about 50 ms behind (measured).
    batch: 500,
    inFlight: 2,
  }
}

const BOTH: readonly Family[] = [4, 6]
const BLACKHOLES = ['d-rtbh', 's-rtbh'] as const

function takesFlow(neighbour: NeighbourConfig): boolean {
  return familiesOf(neighbour).some((family) => !UNICAST.includes(family))
}

function reachOf(config: ExabgpConfig, neighbour: NeighbourConfig): Reach {
  const families = familiesOf(neighbour)
  return {
    name: neighbour.name,
    unicast: BOTH.filter((family) => families.includes(`ipv${family} unicast`)),
    flow: BOTH.filter((family) => families.includes(`ipv${family} flow`)),
    scopes: Object.keys(scopesOf(config, neighbour)) as RuleScope[],
  }
}

/** What the schema cannot say. @throws AdapterError `bad-config` */
export function checkConfig(config: ExabgpConfig): void {
  if (!('local' in config.scopes)) bad('scopes: local is missing')
  address(config.routerId, 'routerId', 4)
  unique(
    config.neighbours.map((one) => one.name),
    'neighbours: two have the name',
  )
  unique(
    config.neighbours.map((one) => canonicalAddress(one.address)),
    'neighbours: two have the address',
  )
  for (const neighbour of config.neighbours) {
    const family = address(neighbour.address, `neighbours ${neighbour.name} address`)
    address(neighbour.localAddress, `neighbours ${neighbour.name} localAddress`, family)
  }
  checkScopes(config.scopes, 'scopes')
  if ('external' in config.scopes && !config.neighbours.some(isInternal))
    bad(
      'scopes external: outside prefixes must not leave the AS, and no neighbour is in it (peerAs = localAs)',
    )
  for (const neighbour of config.neighbours) {
    const { name, scopes, ttl, gtsm } = neighbour
    if (scopes !== undefined) checkScopes(scopes, `neighbours ${name} scopes`)
    if (scopes !== undefined && 'external' in scopes && !isInternal(neighbour))
      bad(`neighbours ${name} scopes external: outside prefixes must not leave the AS, and it is in another`)
    if (ttl !== undefined && gtsm === true)
      bad(`neighbours ${name}: ttl is for a neighbour far away and gtsm for one that is not; give one`)
  }
  checkPlaces(config)
  checkCommunity(config.marking)
}

function checkScopes(scopes: Readonly<Record<string, ScopeConfig>>, where: string): void {
  for (const [name, scope] of Object.entries(scopes)) {
    address(scope.nextHop4, `${where} ${name} nextHop4`, 4)
    address(scope.nextHop6, `${where} ${name} nextHop6`, 6)
    for (const communities of [scope.communities, scope.sourceCommunities ?? scope.communities]) {
      for (const community of communities) checkCommunity(community)
      if (name === 'external') checkExternal(communities, where)
    }
  }
}

/** What is not own space must not leave the AS nor be taken for a blackhole of ours elsewhere (RFC 7999 §3.3). */
function checkExternal(communities: readonly string[], where: string): void {
  const numbers = communities.map(communityNumber)
  if (numbers.includes(communityNumber('blackhole')))
    bad(`${where} external: outside prefixes must not carry blackhole (65535:666)`)
  if (!['no-export', 'no-advertise'].some((name) => numbers.includes(communityNumber(name))))
    bad(`${where} external: outside prefixes must not leave the AS; add no-export or no-advertise`)
}

function checkCommunity(community: string): void {
  const parts = community.split(':')
  const limit = parts.length === 3 ? 4_294_967_295 : 65_535
  if (parts.length > 1 && parts.some((part) => Number(part) > limit)) bad(`community ${community}: too large`)
}

function checkPlaces({ places = {} }: ExabgpConfig): void {
  const targets = Object.entries(places).map(([name, { routeTarget }]) => {
    const [as = 0, number = 0] = routeTarget.split(':').map(Number)
    if (as > 65_535 || number > 4_294_967_295) bad(`places ${name} routeTarget ${routeTarget}: too large`)
    if (routeTarget !== `${as}:${number}`) bad(`places ${name} routeTarget: write ${as}:${number}`)
    return routeTarget
  })
  unique(targets, 'places: two have the routeTarget')
}

/** One text for each address, as ExaBGP's events and the configuration may write it differently. */
export function canonicalAddress(text: string): string {
  try {
    return prefixAddress(parsePrefix(text))
  } catch {
    return text
  }
}

function address(text: string, where: string, family?: Family): Family {
  try {
    const found = prefixFamily(parsePrefix(text))
    if (family === undefined || found === family) return found
  } catch {
    // Said below.
  }
  return bad(`${where}: '${text}' is not an IPv${family ?? '4 or 6'} address`)
}

function unique(texts: readonly string[], words: string): void {
  const twice = texts.find((text, index) => texts.indexOf(text) !== index)
  if (twice !== undefined) bad(`${words} ${twice}`)
}

function bad(words: string): never {
  throw new AdapterError('unsupported', words, 'bad-config')
}
