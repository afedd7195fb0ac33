import Type, { type Static } from 'typebox'
import { COMPONENT_NAMES } from '../../src/domain/match.ts'
import type { Family } from '../../src/domain/prefix.ts'
import { parsePrefix, prefixAddress, prefixFamily } from '../../src/domain/prefix.ts'
import { ACTIONS } from '../../src/domain/rule.ts'
import { AdapterError, type Capabilities } from '../adapter.ts'

const strict = { additionalProperties: false }
const AS_NUMBER = Type.Integer({ minimum: 1, maximum: 4_294_967_295 })
const ADDRESS = Type.String({ pattern: '^[0-9A-Fa-f:.]{2,45}$' })
/** `65010:911`, a large community `64496:1:2` (RFC 8092) or a well-known name (RFC 1997, RFC 7999). */
const COMMUNITY = Type.String({
  pattern: '^(\\d{1,5}:\\d{1,5}|\\d{1,10}:\\d{1,10}:\\d{1,10}|no-export|no-advertise|blackhole)$',
})
const FAMILY = Type.Union([Type.Literal('ipv4 unicast'), Type.Literal('ipv6 unicast')])
type UnicastFamily = Static<typeof FAMILY>

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
    families: Type.Optional(Type.Array(FAMILY, { minItems: 1, maxItems: 2, uniqueItems: true })),
    /** Whether it takes flow specification (RFC 8955, RFC 8956) in these families too. */
    flow: Type.Optional(Type.Boolean()),
    /** For a neighbour more than one hop away. */
    ttl: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  },
  strict,
)

const SCOPE = Type.Object(
  {
    communities: Type.Array(COMMUNITY, { maxItems: 32 }),
    nextHop4: ADDRESS,
    nextHop6: ADDRESS,
  },
  strict,
)

const SCOPES = Type.Record(
  Type.String({ pattern: '^(local|(region|upstream):[A-Za-z0-9._-]{1,64})$' }),
  SCOPE,
  { minProperties: 1, ...strict },
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
export type BgpFamily = UnicastFamily | 'ipv4 flow' | 'ipv6 flow'

const UNICAST: readonly UnicastFamily[] = ['ipv4 unicast', 'ipv6 unicast']
const FLOW: Readonly<Record<UnicastFamily, BgpFamily>> = {
  'ipv4 unicast': 'ipv4 flow',
  'ipv6 unicast': 'ipv6 flow',
}
const ALL: readonly BgpFamily[] = [...UNICAST, ...Object.values(FLOW)]
const MAX_FLOWS = 500
const MAX_OPERATORS = 5
const HOLD_TIME = 90

export function familiesOf(neighbour: NeighbourConfig): readonly BgpFamily[] {
  const unicast = neighbour.families ?? UNICAST
  return neighbour.flow === true ? [...unicast, ...unicast.map((family) => FLOW[family])] : unicast
}

/** Those that every neighbour takes: a rule of another one would reach only some of the routers. */
export function commonFamilies(config: ExabgpConfig): readonly BgpFamily[] {
  return ALL.filter((family) => config.neighbours.every((one) => familiesOf(one).includes(family)))
}

export function holdTimeOf(neighbour: NeighbourConfig): number {
  return neighbour.holdTime ?? HOLD_TIME
}

/** Two answers fit into a third of the shortest hold time, so that a hang is known before a router gives up. */
export function answerDeadline(config: ExabgpConfig): number {
  const shortest = Math.min(...config.neighbours.map(holdTimeOf))
  return Math.min(config.answerWithin ?? 5_000, Math.floor((shortest * 1_000) / 6))
}

/** A flow route that only some of the neighbours take would leave the others open. */
function takesFlow(config: ExabgpConfig): boolean {
  return config.neighbours.every((neighbour) => neighbour.flow === true)
}

export function maxFlowsOf(config: ExabgpConfig): number {
  return takesFlow(config) ? (config.maxFlows ?? MAX_FLOWS) : 0
}

export function maxOperatorsOf(config: ExabgpConfig): number {
  return config.maxOperators ?? MAX_OPERATORS
}

export function capabilitiesOf(config: ExabgpConfig): Capabilities {
  const flow = takesFlow(config)
  const places = Object.keys(config.places ?? {})
  const unicast = UNICAST.filter((family) => commonFamilies(config).includes(family))
  return {
    kinds: flow ? ['d-rtbh', 'flow'] : ['d-rtbh'],
    components: flow ? COMPONENT_NAMES : [],
    actions: flow ? ACTIONS.filter((action) => action !== 'redirect' || places.length > 0) : ['drop'],
    places,
    families: unicast.map((family): Family => (family === 'ipv4 unicast' ? 4 : 6)),
    evidence: 'speaker',
    transactional: false,
    maxEntries: config.maxRoutes ?? 100_000,
    // Two of 500 keep ExaBGP busy and an urgent rule at most about 50 ms behind (measured).
    batch: 500,
    inFlight: 2,
  }
}

/** What the schema cannot say. @throws AdapterError `bad-config` */
export function checkConfig(config: ExabgpConfig): void {
  if (!('local' in config.scopes)) bad('scopes: local is missing')
  if (capabilitiesOf(config).families.length === 0) bad('neighbours: no family is common to all of them')
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
  for (const [name, scope] of Object.entries(config.scopes)) {
    address(scope.nextHop4, `scopes ${name} nextHop4`, 4)
    address(scope.nextHop6, `scopes ${name} nextHop6`, 6)
  }
  checkPlaces(config)
  for (const community of [config.marking, ...Object.values(config.scopes).flatMap((s) => s.communities)]) {
    const parts = community.split(':')
    const limit = parts.length === 3 ? 4_294_967_295 : 65_535
    if (parts.length > 1 && parts.some((part) => Number(part) > limit))
      bad(`community ${community}: too large`)
  }
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
