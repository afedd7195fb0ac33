import { type TProperties, Type } from 'typebox'
import { RECEIVED_VERDICTS } from '../domain/message.ts'
import { by, event, personal } from './event-form.ts'

const ABOUT = {
  blocks: Type.Array(Type.Integer()),
  request: Type.Optional(Type.Integer({ description: 'The request that it is about.' })),
}
const OF_MESSAGE = { message: Type.Integer({ description: 'Its number among messages.' }), ...ABOUT }
const ADDRESSES = (description: string) =>
  Type.Optional(Type.Array(Type.String(), { description: `${description} Absent when it was erased.` }))

export const MESSAGE_EVENTS = {
  'outbox.noted': event('outbox.noted', 'Receivers are to be told of events.', {
    upTo: Type.Integer({ description: 'The last of these events.' }),
    notices: Type.Integer({ description: 'How many notices there are for all receivers.' }),
  }),
  'message.queued': event('message.queued', 'A message was written, and waits to be sent.', {
    ...OF_MESSAGE,
    to: Type.String({ description: 'Whom it is for.' }),
    by: Type.String({ description: 'mail, or webhook:NAME.' }),
    notices: Type.Integer({ description: 'How much it tells of.' }),
    subject: personal('Of a mail.'),
  }),
  'message.sent': event('message.sent', 'Whoever takes a message on has said so.', {
    ...OF_MESSAGE,
    left: ADDRESSES('Those who are still to be served.'),
    refused: ADDRESSES('Those who were refused for good, with the words.'),
  }),
  'message.dead': event('message.dead', 'A message is not tried any more.', {
    ...OF_MESSAGE,
    words: personal('Why.'),
  }),
  'message.again': event('message.again', 'A dead message is tried again.', { ...OF_MESSAGE, by }),
  'message.dropped': event('message.dropped', 'A message was let go of, unsent.', { ...OF_MESSAGE, by }),
  'message.received': event('message.received', 'A mail came in.', {
    received: Type.Integer({ description: 'Its number among mails that came in.' }),
    by,
    verdict: Type.Enum([...RECEIVED_VERDICTS]),
    why: Type.String({ description: 'A code.' }),
    block: Type.Optional(Type.Integer()),
    request: Type.Optional(Type.Integer()),
    from: personal('Its sender, as it says.'),
    subject: personal('Its subject.'),
  }),
  'message.judged': event('message.judged', 'A person has seen to a mail that was held.', {
    received: Type.Integer(),
    by,
  }),
} as const satisfies Readonly<Record<string, { readonly properties: TProperties }>>
