import { Type } from 'typebox'
import type { AuditEntry } from './audit-json.ts'

const strict = { additionalProperties: false }

const TIME = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }))
const ID = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 100, description }))
const NUMBER = (minimum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER, description }))

export const auditQuery = Type.Object(
  {
    from: TIME('Not before this time; RFC 3339.'),
    to: TIME('Before this time; RFC 3339.'),
    person: ID('Id of a person who did it, or whom it is about.'),
    token: ID('Id of a token with which it was done, or that it is about.'),
    block: NUMBER(1, 'Number of a block that it is about.'),
    kind: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description:
          'Types of events, and groups of them: blocks, agreement, inventory, automation, people, devices, triggers, requests, messages, reads, record; with commas between.',
      }),
    ),
    target: Type.Optional(
      Type.String({ maxLength: 100, description: 'About blocks that share an address with this.' }),
    ),
    department: ID('About blocks of this department, its parts and the hosts in them.'),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '50 when left out.' })),
    before: NUMBER(1, 'Newest first, those before this number. Left out: from the newest on.'),
    after: NUMBER(0, 'Oldest first, those behind this number; 0 for the first.'),
  },
  strict,
)

const who = Type.Object(
  {
    token: Type.Optional(Type.String({ description: 'Id of the token.' })),
    person: Type.Optional(Type.String({ description: 'Id of the person; a machine has none.' })),
    name: Type.String({ description: 'Of the person, or of the token of a machine, as it is now.' }),
  },
  { description: 'Who did it; absent for what nobody did, such as an expiry.' },
)

const entry = Type.Unsafe<AuditEntry>({
  type: 'object',
  additionalProperties: true,
  properties: { seq: { type: 'integer' }, type: { type: 'string' }, who },
  required: ['seq', 'type'],
  description: 'An `Event`, as its type says, and `who` did it.',
})

export const auditPage = Type.Object({
  entries: Type.Array(entry),
  next: Type.Optional(
    Type.Integer({
      description:
        'Where to go on: the `before` of the next request, or its `after` where this one had one. A page may be short, or empty, and have one.',
    }),
  ),
})
