import { Type } from 'typebox'
import { strict } from './schemas.ts'

export const pullQuery = Type.Object(
  {
    format: Type.Optional(
      Type.Enum(['text', 'json'], {
        description: 'By the header Accept when left out: text unless JSON is asked for.',
      }),
    ),
    direction: Type.Optional(
      Type.Enum(['from', 'to'], {
        description: 'Packets from the prefixes, or to them; from when left out.',
      }),
    ),
    family: Type.Optional(Type.Integer({ enum: [4, 6], description: 'Both when left out.' })),
    comments: Type.Optional(
      Type.Boolean({
        description: 'Whether a text has a first line with # that says what it is; false when left out.',
      }),
    ),
  },
  strict,
)

export const prefixList = Type.Object({
  list: Type.String({ description: 'Name of its device.' }),
  direction: Type.Enum(['from', 'to']),
  family: Type.Optional(Type.Integer({ enum: [4, 6] })),
  prefixes: Type.Array(Type.String()),
})

/** Bouncers send more than is known here, as CrowdSec's API does not mind either. */
const lenient = { additionalProperties: true }

const text = (description: string) => Type.Optional(Type.String({ maxLength: 2_000, description }))

const CHOSEN = {
  scopes: text('ip, range, or both with a comma.'),
  origins: text('Of several, with commas; ours is cordon.'),
  scenarios_containing: text('Of several, with commas; ours is cordon/block.'),
  scenarios_not_containing: text('The same, to leave out.'),
}

export const streamQuery = Type.Object(
  { startup: text('true: everything, as the bouncer has nothing yet.'), ...CHOSEN },
  lenient,
)

export const decisionsQuery = Type.Object(
  {
    ip: text('An address: decisions that have it.'),
    range: text('A prefix: decisions that have all of it or, with contains=false, that lie in it.'),
    contains: text('false: what lies in the range.'),
    scope: text('ip or range, with value.'),
    value: text('An address or a prefix as it is told.'),
    type: text('Ours are of type ban.'),
    ...CHOSEN,
  },
  lenient,
)

const decision = Type.Object({
  id: Type.Integer(),
  origin: Type.String(),
  scenario: Type.String(),
  type: Type.String(),
  scope: Type.Enum(['Ip', 'Range']),
  value: Type.String(),
  duration: Type.String({ description: 'As Go writes it: 3h59m0.5s.' }),
})

export const decisionList = Type.Unsafe<readonly object[] | null>({
  type: ['array', 'null'],
  items: decision,
  description: 'null when there is none.',
})

export const decisionStream = Type.Object({
  new: Type.Array(decision),
  deleted: Type.Array(decision, { description: 'To be let go before new is taken.' }),
})

export const usageMetrics = Type.Object({}, lenient)

export const lapiError = Type.Object({
  message: Type.String(),
  code: Type.String({ description: 'As problems have it.' }),
})
