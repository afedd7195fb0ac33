import { Type } from 'typebox'
import { CATEGORIES } from '../domain/category.ts'
import { TRIGGER } from '../triggers/trigger-schema.ts'

export const VERDICT = Type.Enum(['block', 'ask', 'refuse', 'ignore', 'none'], {
  description: 'What policies say; none, that no policy has a rule for it.',
})
export const DEED = Type.Enum(
  [
    ...(['began', 'proposed', 'extended', 'ends-soon', 'released'] as const),
    ...(['kept', 'left-off', 'refused', 'simulated', 'nothing'] as const),
  ],
  {
    description:
      'What was done. kept: what is on is right already. left-off: a person has released the block of this incident. refused: by a guard.',
  },
)
export const TRIED = Type.Array(
  Type.Object({ policy: Type.String(), rule: Type.Optional(Type.String()), verdict: VERDICT }),
  { description: 'What policies would have decided that are tried out.' },
)

/** Of a block. */
export const CAUSE = Type.Optional(
  Type.Object(
    {
      trigger: Type.Integer({ description: 'Its number, for GET /v1/triggers/{name}.' }),
      policy: Type.String(),
      rule: Type.String(),
    },
    { description: 'Of a block that a trigger has led to: which one, and the rule that decided.' },
  ),
)

const strict = { additionalProperties: false } as const

/** The most triggers in one request. */
const MOST_TRIGGERS = 1_000

export const triggers = Type.Object(
  { triggers: Type.Array(TRIGGER, { minItems: 1, maxItems: MOST_TRIGGERS }) },
  strict,
)

const BLOCK = Type.Object({ id: Type.Integer(), name: Type.String({ description: 'Such as Cordon#1042.' }) })

const taken = Type.Object({
  trigger: Type.Integer({ description: 'Its number.' }),
  id: Type.String({ description: "The source's name of the incident." }),
  revision: Type.Integer(),
  replayed: Type.Boolean({ description: 'Whether it was taken before, or is older than what was.' }),
  verdict: VERDICT,
  deed: DEED,
  policy: Type.Optional(Type.String()),
  rule: Type.Optional(Type.String()),
  why: Type.Optional(Type.String()),
  advice: Type.Optional(Type.String()),
  tried: TRIED,
  block: Type.Optional(BLOCK),
})
const refusal = Type.Object({
  error: Type.Object({ code: Type.String(), detail: Type.String() }),
})

const ITEMS = Type.Array(Type.Union([taken, refusal]), { description: 'An answer for each, in their order.' })

/** One record of another's form, or several; what it may be is for that form to say. */
export const records = Type.Union([
  Type.Record(Type.String(), Type.Unknown()),
  Type.Array(Type.Unknown(), { minItems: 1 }),
])

export const takenRecords = Type.Object({
  items: ITEMS,
  ignored: Type.Array(Type.Object({ what: Type.String(), why: Type.String() }), {
    description: 'What of the records is about nobody of ours.',
  }),
})

export const takenTriggers = Type.Object({
  items: ITEMS,
})

const incident = Type.Object({
  source: Type.String({ description: 'Id of the token that hands it over.' }),
  sourceName: Type.Optional(Type.String({ description: 'Name of that token.' })),
  id: Type.String(),
  target: Type.String(),
  open: Type.Boolean(),
  revision: Type.Integer(),
  attack: Type.Optional(Type.String()),
  opens: Type.Integer({ description: 'How often it was opened within a day.' }),
  at: Type.String({ format: 'date-time', description: 'When something was said of it last.' }),
  trigger: Type.Integer({ description: 'Number of the last trigger.' }),
  category: Type.Enum([...CATEGORIES], { description: 'Of the last trigger, as what follows.' }),
  verdict: VERDICT,
  deed: DEED,
  policy: Type.Optional(Type.String()),
  rule: Type.Optional(Type.String()),
  blocks: Type.Array(BLOCK),
})

export const incidents = Type.Object({
  incidents: Type.Array(incident),
  next: Type.Optional(Type.Integer({ description: 'For `before` of the next page.' })),
})

const TIME = Type.String({ format: 'date-time' })

const source = Type.Object({
  name: Type.String(),
  kind: Type.Enum(['spool', 'crowdsec']),
  token: Type.String({ description: 'Name of the token whose rights and limits it has.' }),
  state: Type.Enum(['following', 'waiting', 'failed'], {
    description:
      "waiting: something of Cordon's own is in the way, such as its token. failed: it cannot be reached or read.",
  }),
  since: TIME,
  why: Type.Optional(Type.String()),
  taken: Type.Integer({ description: 'Triggers in the ledger, since the last start as all of these.' }),
  refused: Type.Integer({ description: 'Records and triggers that are wrong.' }),
  ignored: Type.Integer({
    description: 'Records about nobody of ours, or about nothing that can be blocked.',
  }),
  lastAt: Type.Optional(TIME),
  lately: Type.Array(Type.Object({ at: TIME, what: Type.String(), why: Type.String() }), {
    description: 'What was refused or ignored lately, the newest last.',
  }),
})

export const sources = Type.Object({ sources: Type.Array(source) })

export const incidentsQuery = Type.Object(
  {
    open: Type.Optional(Type.Boolean({ description: 'Only those that go on.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'Number of a trigger: those before it.' })),
  },
  strict,
)

/** What a block repeats. */
export const REPEATS = Type.Optional(
  Type.Object(
    {
      block: Type.Integer(),
      request: Type.Integer({ description: 'The request that it was lifted on.' }),
      releasedAt: Type.String({ format: 'date-time' }),
    },
    { description: 'A block of the same target that was lifted on request, and is on probation since.' },
  ),
)
