import { Type } from 'typebox'
import { NOTICES } from '../domain/message.ts'
import { Name } from './site-schema.ts'

const strict = { additionalProperties: false } as const

const Text = Type.String({ minLength: 1, maxLength: 400 })

const People = Type.Array(Text, { minItems: 1, maxItems: 50 })

export const MailSchema = Type.Object(
  {
    smtp: Type.Object(
      {
        host: Text,
        port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
        tls: Type.Optional(
          Type.Unsafe<'implicit' | 'starttls' | 'none'>({ enum: ['implicit', 'starttls', 'none'] }),
        ),
        caFile: Type.Optional(Text),
        servername: Type.Optional(Text),
        user: Type.Optional(Text),
        password: Type.Optional(Text),
        timeout: Type.Optional(Type.String()),
      },
      strict,
    ),
    from: Text,
    replyTo: Type.Optional(Text),
    security: Type.Optional(Text),
    phone: Type.Optional(Text),
    desk: Type.Optional(People),
    escalation: Type.Optional(People),
    approvers: Type.Optional(People),
    every: Type.Optional(Type.String()),
    in: Type.Optional(
      Type.Object(
        {
          authservIds: Type.Optional(
            Type.Array(Type.String({ pattern: '^[A-Za-z0-9._-]{1,255}$' }), { minItems: 1, maxItems: 20 }),
          ),
        },
        strict,
      ),
    ),
    templates: Type.Optional(Text),
    ticketTag: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  strict,
)

export const WebhooksSchema = Type.Array(
  Type.Object(
    {
      name: Name,
      url: Text,
      secret: Text,
      caFile: Type.Optional(Text),
      timeout: Type.Optional(Type.String()),
    },
    strict,
  ),
  { maxItems: 50 },
)

export const ListenersSchema = Type.Array(
  Type.Object(
    {
      name: Name,
      mail: Type.Optional(People),
      webhook: Type.Optional(Name),
      of: Type.Optional(Type.Array(Type.Enum([...NOTICES]), { minItems: 1 })),
      departments: Type.Optional(Type.Array(Name, { minItems: 1 })),
    },
    strict,
  ),
  { maxItems: 100 },
)
