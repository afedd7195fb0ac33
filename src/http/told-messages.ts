import type { LedgerEvent } from '../app/follow-events.ts'
import { pick } from './pick.ts'

type Of<T extends LedgerEvent['type']> = Extract<LedgerEvent, { type: T }>
type OfMessage = Of<'message.queued' | 'message.sent' | 'message.dead' | 'message.again' | 'message.dropped'>

/** How events of messages are told: of texts the subject alone. */
export const MESSAGES_TOLD = {
  'outbox.noted': ({ type, upTo, notices }: Of<'outbox.noted'>) => ({ type, upTo, notices: notices.length }),
  'message.queued': (event: Of<'message.queued'>) => ({
    type: event.type,
    ...about(event),
    ...{ to: event.to, by: event.by, notices: event.notices },
    ...(event.letter === undefined ? {} : { subject: event.letter.subject }),
  }),
  'message.sent': (event: Of<'message.sent'>) => ({
    type: event.type,
    ...about(event),
    ...(event.left === undefined ? {} : { left: [...event.left] }),
    ...(event.refused === undefined ? {} : { refused: [...event.refused] }),
  }),
  'message.dead': (event: Of<'message.dead'>) => ({
    type: event.type,
    ...about(event),
    ...pick(event, 'words'),
  }),
  'message.again': (event: Of<'message.again'>) => ({ type: event.type, ...about(event), by: event.by }),
  'message.dropped': (event: Of<'message.dropped'>) => ({ type: event.type, ...about(event), by: event.by }),
  'message.received': (event: Of<'message.received'>) => ({
    type: event.type,
    ...{ received: event.received, by: event.by, verdict: event.verdict, why: event.why },
    ...pick(event, 'block', 'request'),
    ...(event.mail === undefined ? {} : { from: event.mail.from, subject: event.mail.subject }),
  }),
  'message.judged': ({ type, received, by }: Of<'message.judged'>) => ({ type, received, by }),
} as const

function about({ message, blocks, request }: OfMessage) {
  return { message, blocks: [...blocks], ...(request === undefined ? {} : { request }) }
}
