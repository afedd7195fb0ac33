import { type Static, Type } from 'typebox'

const TEXT = { minLength: 1, maxLength: 100 }

export const quota = Type.Object({
  name: Type.String({
    description: 'Stable: active, proposals, own-hosts-day and the others in docs/api.md.',
  }),
  department: Type.Optional(Type.String({ description: 'Of one department.' })),
  used: Type.Number(),
  most: Type.Number(),
  counts: Type.String({ description: 'What is counted, in words.' }),
  freesAt: Type.Optional(
    Type.String({ format: 'date-time', description: 'When some of it is free again by itself.' }),
  ),
})

/** Quotas that are used to 80 % or more, of those that a request uses. */
export const near = Type.Array(quota, {
  description: 'Quotas that this request uses and that are then used to 80 % or more.',
})

export const quotaQuery = Type.Object(
  {
    person: Type.Optional(Type.String({ ...TEXT, description: 'Id of a person; your own when left out.' })),
    token: Type.Optional(Type.String({ ...TEXT, description: 'Id of a token, instead.' })),
  },
  { additionalProperties: false },
)

const SOMEBODY = Type.Object({ id: Type.String(), name: Type.String() })

export const quotaAnswer = Type.Object({
  person: Type.Optional(SOMEBODY),
  token: Type.Optional(SOMEBODY),
  mayBlock: Type.Boolean({ description: 'Without the right there are no quotas.' }),
  roles: Type.Array(Type.String(), {
    description: 'Roles whose limits count, each field by the most generous.',
  }),
  most: Type.Object(
    {
      ipv4Addresses: Type.Optional(Type.Integer()),
      ipv6Length: Type.Optional(Type.Integer()),
      durationMs: Type.Optional(Type.Integer({ description: 'How long a block may last.' })),
      active: Type.Optional(Type.Integer()),
      departmentShare: Type.Optional(Type.Number()),
    },
    { description: 'What the roles allow; what is left out they do not limit.' },
  ),
  quotas: Type.Array(quota),
})

export type QuotaJson = Static<typeof quota>
export type QuotaAnswerJson = Static<typeof quotaAnswer>
