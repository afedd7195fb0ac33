import { type Static, Type } from 'typebox'
import { RECEIVED_VERDICTS } from '../domain/message.ts'

const time = Type.String({ format: 'date-time' })
const address = Type.Object({ name: Type.Optional(Type.String()), mail: Type.String() })

export const message = Type.Object({
  id: Type.Integer(),
  to: Type.String({
    description:
      'Whom it is for: itss:DEPARTMENT, connection:NAME, desk, escalation, approvers, listener:NAME.',
  }),
  by: Type.String({ description: 'mail, or webhook:NAME.' }),
  queuedAt: time,
  blocks: Type.Array(Type.Integer()),
  request: Type.Optional(Type.Integer()),
  letter: Type.Optional(
    Type.Object({
      to: Type.Array(address),
      cc: Type.Array(address),
      subject: Type.String(),
      text: Type.String(),
    }),
  ),
  body: Type.Optional(Type.String({ description: 'Of a webhook: what is posted.' })),
  left: Type.Optional(
    Type.Array(Type.String(), { description: 'Who has not got it yet, where others have.' }),
  ),
  dead: Type.Optional(
    Type.Object({ at: time, words: Type.String() }, { description: 'It is not tried any more, and why.' }),
  ),
})

export const messagePage = Type.Object({
  messages: Type.Array(message),
  next: Type.Optional(Type.Integer({ description: 'More follow: ask again with it as `after`.' })),
  pending: Type.Array(Type.Object({ to: Type.String(), notices: Type.Integer() }), {
    description: 'What is still to be written down, by receiver.',
  }),
})

export const messagesQuery = Type.Object(
  {
    dead: Type.Optional(Type.Boolean({ description: 'Those alone that are not tried any more.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '100 when left out.' })),
    after: Type.Optional(Type.Integer({ minimum: 1, description: 'Number of a message: those behind it.' })),
  },
  { additionalProperties: false },
)

export const heldMail = Type.Object({
  id: Type.Integer(),
  at: time,
  verdict: Type.Enum([...RECEIVED_VERDICTS]),
  why: Type.String({ description: 'A code.' }),
  block: Type.Optional(Type.Integer()),
  request: Type.Optional(Type.Integer()),
  from: Type.String({ description: 'As it says; that may be forged.' }),
  subject: Type.String(),
  text: Type.String(),
  attachments: Type.Array(Type.Object({ name: Type.String(), type: Type.String(), bytes: Type.Integer() })),
})
export const heldMails = Type.Object({ mails: Type.Array(heldMail) })

export const takenMail = Type.Object({
  received: Type.Integer({ description: 'Its number; 0 for one that had come before.' }),
  verdict: Type.Enum([...RECEIVED_VERDICTS]),
  why: Type.String({ description: 'A code.' }),
  request: Type.Optional(Type.Integer({ description: 'The request that it is part of.' })),
  repeated: Type.Boolean(),
})

export type MessageJson = Static<typeof message>
export type MessagePageJson = Static<typeof messagePage>
export type HeldMailJson = Static<typeof heldMail>
export type TakenMailJson = Static<typeof takenMail>
