import { type Static, type TSchema, Type } from 'typebox'
import { COLLATERALS } from '../domain/block.ts'
import type { BlockRequest } from '../domain/block-request.ts'
import { COMPONENT_NAMES } from '../domain/match.ts'
import type { Scope } from '../domain/rule.ts'
import { ADVISED } from './schemas-advice.ts'
import { DETECTION, LEASED, SEEN } from './schemas-bindings.ts'
import { GAP, HOLDING } from './schemas-holding.ts'
import { AFFECTED } from './schemas-inventory.ts'
import { near } from './schemas-quota.ts'
import { REQUESTED } from './schemas-requested.ts'
import { CAUSE, REPEATS } from './schemas-triggers.ts'

/** Requests know their fields: any other is an error. */
export const strict = { additionalProperties: false }

const time = (description: string) => Type.String({ format: 'date-time', description })
const timeOrNever = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description })

export const DURATION = Type.String({
  minLength: 2,
  maxLength: 40,
  description: 'Such as 90s, 15m, 24h, 7d, 1h30m.',
})
const UNTIL = Type.String({
  maxLength: 40,
  description: 'RFC 3339 with a zone, such as 2026-11-20T18:00:00Z.',
})
const PERMANENT = Type.Boolean({ description: 'For as long as nobody releases it.' })
export const ENDS = {
  duration: Type.Optional(DURATION),
  until: Type.Optional(UNTIL),
  permanent: Type.Optional(PERMANENT),
}
const REASON = Type.String({ minLength: 1, maxLength: 1_000, description: 'One reason, for people.' })
const TICKET = Type.String({ minLength: 1, maxLength: 200, description: 'Such as RT#4711.' })
export const TARGET = Type.String({
  minLength: 1,
  maxLength: 300,
  description:
    'An address, a prefix, department:NAME, connection:NAME, an account user@realm or the MAC address of a station.',
})
const DIRECTION = Type.Enum(['to', 'from', 'both'])
const COLLATERAL = Type.Array(Type.Enum([...COLLATERALS]), {
  maxItems: COLLATERALS.length,
  description: 'What may be hit beyond what is named, where a device cannot be exact.',
})
const SCOPE = Type.Unsafe<Scope>({
  type: 'string',
  pattern: '^(local|(region|upstream):[A-Za-z0-9][A-Za-z0-9._-]{0,63})$',
  description: 'How far a blackhole reaches: local, region:NAME or upstream:NAME.',
})
export const ORIGIN = Type.Enum(['person', 'automatic'])

const PLACE_NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'

const ACTION = Type.Unsafe<NonNullable<BlockRequest['action']>>({
  type: ['string', 'object'],
  pattern: '^(drop|suspend|quarantine)$',
  properties: {
    rateLimit: { type: 'integer', description: 'Bytes a second, on each router by itself.' },
    redirect: { type: 'string', pattern: PLACE_NAME, description: 'A place that the site lists.' },
    mark: { type: 'integer', description: 'The DSCP that packets get, 0 to 63.' },
  },
  minProperties: 1,
  additionalProperties: false,
  description:
    '"drop", or one of {"rateLimit": bytes a second}, {"redirect": place} and {"mark": DSCP}; of an account "suspend", of a station "quarantine" or "drop".',
})

const MATCH_FIELDS = ['destination', 'source', ...COMPONENT_NAMES] as const

/** Values and unknown names are checked by the domain, which knows families and protocols. */
const MATCH_REQUEST = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  description: 'Narrows a host target; the prefix in it is of the other end. RFC 8955 names.',
  maxProperties: 20,
  properties: Object.fromEntries(
    MATCH_FIELDS.map((name) => [name, { description: 'Such as 53, "80-90,443" or "syn&!ack".' }]),
  ),
})

export const newBlock = Type.Object(
  {
    target: TARGET,
    match: Type.Optional(MATCH_REQUEST),
    direction: Type.Optional(DIRECTION),
    action: Type.Optional(ACTION),
    collateral: Type.Optional(COLLATERAL),
    scope: Type.Optional(SCOPE),
    quarantine: Type.Optional(
      Type.Boolean({ description: 'Of a host: the station that has its address is quarantined too.' }),
    ),
    reason: REASON,
    ticket: Type.Optional(TICKET),
    category: ADVISED.category,
    ...ENDS,
    evidence: Type.Optional(Type.Enum(['spoofable', 'established'])),
    attack: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Several victims of one attack count once.' }),
    ),
    ...DETECTION,
    breakGlass: Type.Optional(
      Type.Boolean({
        description:
          'Begins at once what others must agree to, for a short time; it ends then unless they do.',
      }),
    ),
  },
  strict,
)

export const batchRequest = Type.Object(
  { blocks: Type.Array(newBlock, { minItems: 1, maxItems: 1_000 }) },
  strict,
)

export const amendment = Type.Object(
  { reason: Type.Optional(REASON), ticket: Type.Optional(TICKET), ...ENDS },
  strict,
)

const DIGEST = Type.String({ minLength: 1, maxLength: 100, description: 'Of the plan that was shown.' })

export const approval = Type.Object(
  {
    digest: DIGEST,
    participant: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_000,
        description: 'Who at the participant of the connection agreed, when and how.',
      }),
    ),
  },
  strict,
)
export const proposingAgain = Type.Object({ digest: DIGEST }, strict)

const WHY = Type.Optional(Type.String({ minLength: 1, maxLength: 1_000, description: 'For the record.' }))

/** A release may come without a body. */
export const release = Type.Unsafe<{ why?: string } | null>({
  type: ['object', 'null'],
  properties: { why: WHY },
  additionalProperties: false,
})

export const nothing = Type.Unsafe<null>({ type: ['object', 'null'], additionalProperties: false })
/** Why somebody stops something. */
export const because = Type.Object({ reason: REASON }, strict)

/** Which breaker; all of them without a body. */
export const whichBreaker = Type.Unsafe<{ breaker?: string } | null>({
  type: ['object', 'null'],
  properties: { breaker: Type.String({ minLength: 1, maxLength: 100 }) },
  additionalProperties: false,
})

export const noQuery = Type.Object({}, strict)

export const hold = Type.Object(
  { duration: Type.Optional(DURATION), until: Type.Optional(UNTIL), reason: REASON },
  strict,
)

/** Canonical texts by component. */
const MATCH = Type.Object(
  Object.fromEntries(MATCH_FIELDS.map((name) => [name, Type.Optional(Type.String())])),
)

/** What a block is about: answered for a block, and for what a dry run would make. */
const SPEC = {
  target: Type.String(),
  match: Type.Optional(MATCH),
  direction: DIRECTION,
  action: ACTION,
  collateral: Type.Array(Type.String()),
  scope: Type.String(),
  stations: Type.Optional(
    Type.Array(Type.String(), { description: 'MAC addresses of stations that go with the target.' }),
  ),
}

const PROPOSAL = Type.Object({
  digest: Type.String({ description: 'Of the plan that was shown; agreement is to that alone.' }),
  asks: Type.Array(Type.String(), { description: 'Why one person is not enough.' }),
  expires: time('When it lapses.'),
  lastsMs: Type.Optional(Type.Integer({ description: 'How long it is to last once it begins.' })),
  until: Type.Optional(timeOrNever('When it is to end, where that was said.')),
  agreed: Type.Array(Type.String(), { description: 'Names of the people who agree to it.' }),
  needed: Type.Integer({ description: 'People who must agree.' }),
  participants: Type.Array(Type.String(), { description: 'Connections whose participant must agree too.' }),
})

export const block = Type.Object({
  id: Type.Integer(),
  name: Type.String({ description: 'What people quote: Cordon#12.' }),
  ...SPEC,
  origin: Type.Object({ kind: ORIGIN, token: Type.String(), name: Type.Optional(Type.String()) }),
  reason: Type.String(),
  ticket: Type.Optional(Type.String()),
  ...ADVISED,
  createdAt: time('When it was recorded.'),
  until: timeOrNever('When it ends; null for never.'),
  wanted: Type.Enum(['proposed', 'on', 'off']),
  proposal: Type.Optional(PROPOSAL),
  agreed: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Names of the people who agreed to it, where one was not enough.',
    }),
  ),
  emergency: Type.Optional(
    Type.Boolean({ description: 'One person let it begin; it ends soon unless others agree.' }),
  ),
  covers: Type.Optional(
    Type.Array(Type.String(), { description: 'Its prefixes, where the target does not say them by itself.' }),
  ),
  ...LEASED,
  cause: CAUSE,
  repeats: REPEATS,
  ...REQUESTED,
  version: Type.Integer({ description: 'The ETag, without quotes.' }),
  endedAt: Type.Optional(time('When it ended.')),
  ending: Type.Optional(Type.Enum(['released', 'expired', 'withdrawn', 'declined', 'lapsed'])),
  standing: Type.Enum(['proposed', 'pending', 'partial', 'in-force', 'failed', 'leaving', 'ended']),
  holdings: Type.Array(HOLDING),
  gaps: Type.Array(GAP),
})

export const blockPage = Type.Object({
  blocks: Type.Array(block),
  next: Type.Optional(Type.String({ description: 'The cursor of the next page, if there is one.' })),
})

const REFUSAL = Type.Object({ guard: Type.String(), code: Type.String(), message: Type.String() })

const ASK = Type.Object({ code: Type.String(), message: Type.String() })

/** What a block covers and becomes. */
export const plan = Type.Object({
  taken: Type.Boolean({ description: 'Whether the block would be taken: refusals is empty.' }),
  ...SPEC,
  until: timeOrNever('When it would end.'),
  radius: Type.Object({
    ipv4Addresses: Type.Number(),
    ipv6Hosts: Type.Number(),
    ownHosts: Type.Number({ description: 'Hosts of own space, of either family.' }),
    sharedUsers: Type.Number(),
    departments: Type.Array(Type.String()),
    connections: Type.Array(Type.String()),
    accounts: Type.Array(Type.String()),
    outside: Type.Boolean(),
    widened: COLLATERAL,
  }),
  lease: LEASED.lease,
  affected: Type.Optional(AFFECTED),
  seen: SEEN,
  covers: Type.Optional(
    Type.Array(Type.String(), { description: 'Its prefixes, where the target does not say them by itself.' }),
  ),
  digest: Type.String({ description: 'Of what it covers and becomes: to be given with an agreement.' }),
  refusals: Type.Array(REFUSAL),
  asks: Type.Array(ASK, { description: 'Why one person is not enough; empty when one is.' }),
  placement: Type.Optional(Type.String({ description: 'The line of the placement table.' })),
  rules: Type.Array(
    Type.Object({
      device: Type.String(),
      rule: Type.String(),
      change: Type.Enum(['add', 'change', 'none']),
      entries: Type.Integer(),
      maxEntries: Type.Integer(),
    }),
  ),
  gaps: Type.Array(GAP),
  near,
})

export const problem = Type.Object({
  type: Type.String({ description: 'urn:cordon:problem:CODE' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  path: Type.Optional(Type.String({ description: 'The wrong field, such as match.destinationPort.' })),
  refusals: Type.Optional(Type.Array(REFUSAL)),
  plan: Type.Optional(plan),
})

export const batchAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      status: Type.Integer(),
      id: Type.Optional(Type.Integer()),
      version: Type.Optional(Type.Integer()),
      wanted: Type.Optional(Type.Enum(['proposed', 'on', 'off'])),
      problem: Type.Optional(problem),
    }),
    { description: 'In the order of the request.' },
  ),
  near,
})

export const explanation = Type.Object({
  target: Type.String(),
  own: Type.Boolean(),
  departments: Type.Array(Type.String()),
  protected: Type.Array(Type.Object({ prefix: Type.String(), role: Type.String(), name: Type.String() })),
  active: Type.Array(Type.Object({ ...block.properties, because: Type.String() })),
  ended: Type.Array(block),
  summary: Type.String(),
})

export type NewBlockJson = Static<typeof newBlock>
export type BlockJson = Answer<typeof block>
export type ProblemJson = Answer<typeof problem>
export type PlanJson = Answer<typeof plan>
export type ExplanationJson = Answer<typeof explanation>
export type BatchItemJson = Answer<typeof batchAnswer>['items'][number]

/** What is answered under a schema; answers are built from what nobody may change. */
export type Answer<S extends TSchema> = Fixed<Static<S>>

type Fixed<T> = T extends (infer Item)[]
  ? readonly Fixed<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Fixed<T[Key]> }
    : T
