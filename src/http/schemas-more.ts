import { Type } from 'typebox'
import { SIDES } from '../domain/request.ts'
import { type Answer, block } from './schemas.ts'
import { ADVICE_NAME, ADVISED } from './schemas-advice.ts'

/** Answers about devices, tokens, the breaker, the ledger's events and health. */

const time = Type.String({ format: 'date-time' })
const timeOrNever = Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' })

const FAILURE = Type.Object({ class: Type.String(), code: Type.String(), words: Type.String() })
const enforcer = Type.Object({
  name: Type.String(),
  trouble: Type.Optional(Type.String({ description: 'Why the router cannot be read.' })),
  late: Type.Optional(
    Type.Object(
      { count: Type.Integer(), words: Type.String() },
      { description: 'Rules that it should have been seen to have, or to have lost, by now.' },
    ),
  ),
})

export const device = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  state: Type.String({ description: 'held while a person holds it.' }),
  since: time,
  error: Type.Optional(FAILURE),
  conditions: Type.Unsafe<Record<string, string>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'By code, such as peer-down, with the words of the device.',
  }),
  entries: Type.Integer({ description: 'Rules of ours that it holds.' }),
  maxEntries: Type.Integer(),
  backlog: Type.Integer({ description: 'Rules that it was not yet told.' }),
  failing: Type.Integer({ description: 'Rules that it refuses and that are tried again.' }),
  hold: Type.Optional(Type.Object({ by: Type.String(), until: time, reason: Type.String() })),
  withheld: Type.Optional(
    Type.Object({ count: Type.Integer(), why: Type.String() }, { description: 'What waits for a person.' }),
  ),
  enforcers: Type.Array(enforcer),
  evidence: Type.String({ description: 'The best evidence that it can give.' }),
})

export const deviceList = Type.Object({ devices: Type.Array(device) })

const DIFFERENCE = Type.Enum(['missing', 'extra', 'different', 'uncertain', 'waiting', 'leaving'], {
  description:
    'missing, extra, different (another action), uncertain: of themselves. waiting, leaving: known and under way.',
})
const rules = (description: string) => Type.Array(Type.String(), { description })

export const deviceCheck = Type.Object({
  device: Type.String(),
  kind: Type.String(),
  inLine: Type.Boolean({
    description:
      'Whether it was read and has what it needs, nothing differs of itself, and every enforcer sees what it should.',
  }),
  readAt: Type.Optional(time),
  tookMs: Type.Optional(Type.Number({ description: 'How long the reading took.' })),
  error: Type.Optional(FAILURE),
  wanted: Type.Optional(Type.Integer({ description: 'Rules that blocks want there.' })),
  held: Type.Optional(Type.Integer({ description: 'Rules of ours that stand there.' })),
  foreign: Type.Optional(Type.Integer({ description: 'Entries beside them that are not ours.' })),
  counts: Type.Object({
    missing: Type.Integer(),
    extra: Type.Integer(),
    different: Type.Integer(),
    uncertain: Type.Integer(),
    waiting: Type.Integer(),
    leaving: Type.Integer(),
  }),
  findings: Type.Array(
    Type.Object({
      what: DIFFERENCE,
      rule: Type.String(),
      blocks: Type.Array(Type.Integer(), { description: 'Those that want it.' }),
      wanted: Type.Optional(block.properties.action),
      found: Type.Optional(block.properties.action),
      error: Type.Optional(Type.Object({ class: Type.String(), words: Type.String() })),
    }),
    { description: 'The first 200.' },
  ),
  enforcers: Type.Array(
    Type.Object({
      name: Type.String(),
      trouble: Type.Optional(Type.String({ description: 'Why it cannot be watched.' })),
      expected: Type.Integer(),
      seen: Type.Integer(),
      unseen: rules('Should be in effect there and was not seen; the first 200.'),
      lingering: rules('Should be gone there and was still seen; the first 200.'),
    }),
    { description: 'Routers that enforce what it announces, by the last word of their witness.' },
  ),
  checks: Type.Optional(
    Type.Array(
      Type.Object({
        what: Type.String({ description: 'reach, host-key, login, rights, containers, capacity or clock.' }),
        ok: Type.Boolean(),
        words: Type.String(),
      }),
      { description: 'What it needs before it can be used, for devices that are configured.' },
    ),
  ),
})

const BOUND = Type.Optional(
  Type.Array(Type.String(), { description: 'Departments that bound what is seen and done.' }),
)

export const token = Type.Object({
  id: Type.String(),
  name: Type.String(),
  roles: Type.Array(Type.String()),
  scopes: Type.Array(Type.String(), { description: 'Rights beside those of the roles.' }),
  origin: Type.Enum(['person', 'automatic']),
  person: Type.Optional(Type.String({ description: 'Id of the person whose it is.' })),
  departments: BOUND,
  bounds: Type.Optional(
    Type.Object({
      targets: Type.Optional(Type.Array(Type.String())),
      ipv4Addresses: Type.Optional(Type.Integer()),
      ipv6Length: Type.Optional(Type.Integer()),
      durationMs: Type.Optional(Type.Integer()),
    }),
  ),
  session: Type.Boolean({ description: 'Whether it is the session of a browser.' }),
  until: timeOrNever,
  revoked: Type.Boolean(),
})

export const tokenList = Type.Object({ tokens: Type.Array(token) })
export const createdToken = Type.Object({
  ...token.properties,
  secret: Type.String({ description: 'Shown this once and kept nowhere.' }),
})
export const whoami = Type.Object({
  token,
  person: Type.Optional(
    Type.Object({ id: Type.String(), name: Type.String(), roles: Type.Array(Type.String()) }),
  ),
  scopes: Type.Array(Type.String(), { description: 'Every right that is there now.' }),
  departments: BOUND,
  csrf: Type.Optional(
    Type.String({
      description: 'Of a session: to be sent as X-Cordon-CSRF with whatever changes something.',
    }),
  ),
})

export const person = Type.Object({
  id: Type.String(),
  name: Type.String(),
  roles: Type.Array(Type.String()),
  departments: BOUND,
  subject: Type.Optional(
    Type.String({ description: 'Issuer and subject, of one whom the identity provider knows.' }),
  ),
  loggedInAt: Type.Optional(Type.String({ format: 'date-time', description: 'The last time.' })),
  left: Type.Boolean({ description: 'Whether nothing of theirs is good any more.' }),
  at: time,
  by: Type.String({ description: 'Id of the token; `login`, when the identity provider said so.' }),
})
export const personList = Type.Object({ people: Type.Array(person) })

const STOPPED = { by: Type.String({ description: 'Id of the token.' }), reason: Type.String(), at: time }

export const automation = Type.Object({
  stopped: Type.Boolean({ description: 'Whether anything keeps machines from blocking.' }),
  frozen: Type.Optional(Type.Object(STOPPED)),
  breakers: Type.Array(
    Type.Object({
      breaker: Type.String({ description: 'all, source:TOKEN or department:NAME.' }),
      limit: Type.String({ description: 'The limit that was passed.' }),
      source: Type.String({ description: 'The token that passed it.' }),
      at: time,
    }),
    { description: 'Those that have tripped and wait for a person.' },
  ),
  muted: Type.Array(Type.Object({ token: Type.String(), name: Type.Optional(Type.String()), ...STOPPED })),
  blocks: Type.Integer({ description: 'Automatic blocks that are on.' }),
})

const ruleHits = Type.Object({
  rule: Type.String(),
  packets: Type.Integer({ description: 'Since the rule was put there; it never falls.' }),
  bytes: Type.Integer(),
  resets: Type.Integer({
    description: 'How often the device began to count anew; what came since the reading before is lost.',
  }),
  lastHit: Type.Optional(time),
})

export const hits = Type.Object({
  block: Type.Integer(),
  name: block.properties.name,
  packets: Type.Integer({ description: 'Over all devices: what passes two of them is counted twice.' }),
  bytes: Type.Integer(),
  lastHit: Type.Optional(
    Type.String({ format: 'date-time', description: 'When counters were last seen to have grown.' }),
  ),
  lastHitPrecision: Type.Integer({ description: 'Seconds between two readings: it is exact to these.' }),
  devices: Type.Array(
    Type.Object({
      device: Type.String(),
      counts: Type.Boolean({ description: 'Whether devices of its kind count.' }),
      since: Type.Optional(
        Type.String({ format: 'date-time', description: 'Since when Cordon watches its counters grow.' }),
      ),
      error: Type.Optional(
        Type.Object(
          { class: Type.String(), words: Type.String() },
          { description: 'Why there are no counters, or only those read last.' },
        ),
      ),
      rules: Type.Array(ruleHits, { description: 'What it holds of the block.' }),
    }),
  ),
})

/** An event of a block; which fields it has depends on its type. */
export const historyEvent = Type.Object({
  seq: Type.Integer(),
  at: time,
  type: Type.Enum([
    ...(['created', 'proposed', 'approved', 'declined', 'covers', 'grows', 'moved'] as const),
    ...(['flagged', 'amended', 'released', 'expired', 'counted'] as const),
    ...(['in-force', 'failed', 'gone'] as const),
    ...(['request-filed', 'request-taken', 'request-said', 'request-settled'] as const),
    ...(['request-reopened', 'request-due', 'request-reminded'] as const),
    ...(['message-queued', 'message-sent', 'message-dead', 'message-received'] as const),
  ]),
  redacted: Type.Boolean({ description: 'Whether its personal data was erased.' }),
  by: Type.Optional(Type.String({ description: 'Id of the token.' })),
  name: Type.Optional(Type.String({ description: 'Of whose token it is.' })),
  person: Type.Optional(Type.String({ description: 'Id of the person who agreed.' })),
  covers: Type.Optional(Type.Array(Type.String(), { description: 'What it covers from then on.' })),
  digest: Type.Optional(Type.String({ description: 'Of the plan that was shown to them.' })),
  policy: Type.Optional(Type.String()),
  device: Type.Optional(Type.String()),
  words: Type.Optional(Type.String({ description: "The device's own words, of a failure." })),
  packets: Type.Optional(Type.Integer({ description: 'That its rules had met at its end.' })),
  bytes: Type.Optional(Type.Integer()),
  until: Type.Optional(timeOrNever),
  reason: Type.Optional(Type.String()),
  ticket: Type.Optional(Type.String()),
  category: ADVISED.category,
  advice: ADVICE_NAME,
  why: Type.Optional(Type.String()),
  request: Type.Optional(Type.Integer({ description: 'The request that it is about.' })),
  as: Type.Optional(Type.Enum([...SIDES], { description: 'For whom it was said.' })),
  mail: Type.Optional(Type.String({ description: 'The address that it came from, where it came by mail.' })),
  text: Type.Optional(Type.String({ description: 'What was said.' })),
  actions: Type.Optional(Type.Array(Type.String(), { description: 'What is to be done.' })),
  how: Type.Optional(Type.String({ description: 'How a request ended, or what it was reminded of.' })),
  due: Type.Optional(timeOrNever),
  message: Type.Optional(Type.Integer({ description: 'The message that it is about.' })),
  to: Type.Optional(Type.String({ description: 'Whom that is for.' })),
  subject: Type.Optional(Type.String()),
})
export const history = Type.Object({ events: Type.Array(historyEvent) })

export const liveness = Type.Object({ status: Type.Enum(['live']) })
export const readiness = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String(), { description: 'Why it is not ready.' }),
  alarms: Type.Array(Type.String(), {
    description: 'What a person should see to; it is ready all the same.',
  }),
  devices: Type.Array(Type.Object({ name: Type.String(), state: Type.String() }), {
    description: 'Devices in trouble; they do not make the controller unready.',
  }),
})

export type DeviceJson = Answer<typeof device>
export type DeviceCheckJson = Answer<typeof deviceCheck>
export type HitsJson = Answer<typeof hits>
export type AutomationJson = Answer<typeof automation>
export type TokenJson = Answer<typeof token>
export type PersonJson = Answer<typeof person>
export type HistoryEventJson = Answer<typeof historyEvent>
