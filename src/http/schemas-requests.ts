import { type Static, Type } from 'typebox'
import { LOG_KINDS, REMINDERS, REQUEST_KINDS, SIDES, URGENCIES } from '../domain/request.ts'
import { type Answer, block } from './schemas.ts'
import { DUE, REQUEST_KIND, REQUEST_STATE } from './schemas-requested.ts'

const time = Type.String({ format: 'date-time' })
const side = Type.Enum([...SIDES], {
  description: 'site: the security team; department: the departments and their IT support.',
})
const strict = { additionalProperties: false } as const

const text = Type.String({ minLength: 1, maxLength: 10_000, description: 'What is said, plain text.' })
const urgency = Type.Enum([...URGENCIES], { description: 'How soon somebody has to look at it.' })
const actions = Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
  maxItems: 50,
  description: 'What is to be done, a line each.',
})

const MOMENT = Type.String({ maxLength: 40, description: 'RFC 3339, such as 2026-11-23T09:00:00Z.' })

/** Whose logs, as they are asked for and shown. */
const logs = Type.Object(
  {
    of: Type.Enum([...LOG_KINDS], { description: 'Which logs.' }),
    about: Type.String({ minLength: 1, maxLength: 200, description: 'An address, a host, a service.' }),
    from: MOMENT,
    to: MOMENT,
  },
  strict,
)

const word = Type.Object({
  at: time,
  what: Type.Enum(['filed', 'taken', 'said', 'settled', 'reopened']),
  as: side,
  by: Type.String({ description: 'Id of the token.' }),
  name: Type.Optional(Type.String({ description: 'Of whose token it is.' })),
  text: Type.Optional(Type.String()),
  actions: Type.Optional(Type.Array(Type.String())),
  mail: Type.Optional(Type.String({ description: 'The address that it came from, where it came by mail.' })),
})

const other = Type.Object({ id: Type.Integer(), name: block.properties.name, because: Type.String() })

export const request = Type.Object({
  id: Type.Integer({ description: 'Its number, one of those of blocks.' }),
  name: Type.String({ description: 'Such as Cordon#1043; what the subject of a mail carries.' }),
  kind: REQUEST_KIND,
  block: Type.Optional(Type.Integer({ description: 'The block that it is about.' })),
  target: Type.Optional(Type.String({ description: 'Of that block.' })),
  departments: Type.Array(Type.String()),
  urgency,
  logs: Type.Optional(logs),
  filedAt: time,
  state: REQUEST_STATE,
  turn: side,
  due: DUE,
  acknowledgeBy: Type.Optional(
    Type.String({ format: 'date-time', description: 'Until when somebody has to look at it.' }),
  ),
  calendar: Type.String({ description: 'Version of the calendar by which it is due.' }),
  pauses: Type.Array(Type.Object({ from: time, to: Type.Optional(time) }), {
    description: 'While the clock stood still.',
  }),
  late: Type.Boolean({ description: 'Whether the answer is overdue.' }),
  reminded: Type.Array(Type.Enum([...REMINDERS])),
  words: Type.Array(word, { description: 'All that was said and done, the oldest first.' }),
  settledAt: Type.Optional(time),
  others: Type.Optional(
    Type.Array(other, {
      description: 'Other active blocks of the same target: lifting this one leaves them.',
    }),
  ),
  hidden: Type.Optional(
    Type.Integer({ description: 'How many more there are, wider than your departments.' }),
  ),
  version: Type.Integer({ minimum: 1 }),
})
export type RequestJson = Answer<typeof request>

export const requestPage = Type.Object({
  requests: Type.Array(request),
  next: Type.Optional(Type.String({ description: 'Cursor of the next page.' })),
})

export const filing = Type.Object(
  { block: Type.Integer({ minimum: 1 }), text, urgency: Type.Optional(urgency) },
  strict,
)

export const logsFiling = Type.Object(
  {
    departments: Type.Array(Type.String(), { minItems: 1, maxItems: 100 }),
    logs,
    text,
    urgency: Type.Optional(urgency),
    block: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  strict,
)

export const saying = Type.Object(
  {
    text,
    actions: Type.Optional(actions),
    keep: Type.Optional(
      Type.Boolean({ description: 'The turn stays where it is, and the clock goes on as it did.' }),
    ),
  },
  strict,
)

export const reopening = Type.Object({ text }, strict)
/** Words that need not be said. */
export const granting = Type.Unsafe<{ text?: string } | null>({
  type: ['object', 'null'],
  properties: { text },
  additionalProperties: false,
})
export const denying = Type.Object({ text, actions }, strict)
export const closing = Type.Object(
  {
    how: Type.Enum(['received', 'dropped'], {
      description: 'received: the logs came; dropped: nobody waits for them any more.',
    }),
    text: Type.Optional(text),
  },
  strict,
)

export const requestQuery = Type.Object(
  {
    open: Type.Optional(Type.Boolean()),
    kind: Type.Optional(Type.Enum([...REQUEST_KINDS])),
    block: Type.Optional(Type.Integer({ minimum: 1 })),
    department: Type.Optional(Type.String()),
    turn: Type.Optional(Type.Enum([...SIDES])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    cursor: Type.Optional(Type.String()),
  },
  strict,
)
export type RequestQuery = Static<typeof requestQuery>
