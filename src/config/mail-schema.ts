import { Type } from 'typebox'
import { Name } from './site-schema.ts'

const strict = { additionalProperties: false } as const

const Text = Type.String({ minLength: 1, maxLength: 400 })

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
