import { Type } from 'typebox'
import { RETENTION_RULES } from '../domain/retention.ts'

const strict = { additionalProperties: false }
const time = (description: string) => Type.String({ format: 'date-time', description })

const run = Type.Object({
  at: time('When it began.'),
  dry: Type.Boolean({ description: 'It was only looked at: what is called erased would have been.' }),
  rules: Type.Array(
    Type.Object({
      rule: Type.Enum([...RETENTION_RULES]),
      after: Type.String({ description: 'How long personal data is kept, such as 180d.' }),
      erased: Type.Integer({ description: 'Events whose personal data went.' }),
      waits: Type.Integer({
        description: 'Events whose time is over and whose personal data is still needed.',
      }),
    }),
  ),
  devices: Type.Array(
    Type.Object({
      device: Type.String(),
      why: Type.Enum(['not-read', 'left-over', 'leaving'], {
        description:
          'not-read: it was not read since the controller started; left-over: it holds what no block asks for; leaving: it has not let go of a block that ended.',
      }),
      events: Type.Integer(),
    }),
    {
      description: 'Devices that may still hold something of what ended, and how many events wait for that.',
    },
  ),
})

export const retentionAnswer = Type.Object({
  rules: Type.Array(
    Type.Object({
      rule: Type.Enum([...RETENTION_RULES]),
      after: Type.Union([Type.String(), Type.Null()], { description: 'null: it is kept for good.' }),
    }),
  ),
  last: Type.Union([run, Type.Null()], { description: 'The last run since the controller started.' }),
})

export const retentionBody = Type.Object(
  { dry: Type.Optional(Type.Boolean({ description: 'Erase nothing; say what would be.' })) },
  strict,
)

export const retentionRun = run

export const subjectQuery = Type.Object(
  {
    about: Type.String({
      minLength: 1,
      maxLength: 253,
      description: 'An address, a prefix, or an account such as alice@campus.example.',
    }),
    from: Type.Optional(Type.String({ maxLength: 40, description: 'Not before this time; RFC 3339.' })),
    to: Type.Optional(Type.String({ maxLength: 40, description: 'Before this time; RFC 3339.' })),
  },
  strict,
)
