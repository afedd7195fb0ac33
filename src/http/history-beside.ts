import type { LedgerEvent } from '../app/follow-events.ts'
import { endText } from './block-json.ts'
import { pick } from './pick.ts'
import type { HistoryEventJson } from './schemas-more.ts'

type Told = Omit<HistoryEventJson, 'seq' | 'at' | 'redacted'>

const ASKED = {
  'request.filed': 'request-filed',
  'request.taken': 'request-taken',
  'request.said': 'request-said',
  'request.settled': 'request-settled',
  'request.reopened': 'request-reopened',
  'request.due': 'request-due',
  'request.reminded': 'request-reminded',
} as const satisfies { readonly [T in LedgerEvent['type']]?: Told['type'] }

const TOLD = {
  'message.queued': 'message-queued',
  'message.sent': 'message-sent',
  'message.dead': 'message-dead',
  'message.received': 'message-received',
} as const satisfies { readonly [T in LedgerEvent['type']]?: Told['type'] }

type Asked = Extract<LedgerEvent, { type: keyof typeof ASKED }>
type Message = Extract<LedgerEvent, { type: keyof typeof TOLD }>

export function isAsked(event: LedgerEvent): event is Asked {
  return event.type in ASKED
}

export function isTold(event: LedgerEvent): event is Message {
  return event.type in TOLD
}

/** What was said about a request, as the block's history has it. */
export function requestHistory(event: Asked): Told {
  const type = ASKED[event.type]
  if (event.type === 'request.reminded') return { type, request: event.request, how: event.stage }
  if (event.type === 'request.due')
    return { type, request: event.request, by: event.by, due: endText(event.due) }
  return {
    type,
    ...{ request: event.request, by: event.by, as: event.as },
    ...pick(event, 'mail'),
    ...('text' in event ? pick(event, 'text') : {}),
    ...('actions' in event && event.actions !== undefined ? { actions: [...event.actions] } : {}),
    ...('how' in event ? { how: event.how } : {}),
    ...('due' in event ? { due: endText(event.due) } : {}),
  }
}

/** A message that told of the block, or an answer that came by mail. */
export function messageHistory(event: Message): Told {
  const type = TOLD[event.type]
  if (event.type === 'message.received')
    return {
      type,
      ...{ by: event.by, how: event.verdict, why: event.why },
      ...pick(event, 'request'),
      ...(event.mail === undefined ? {} : { subject: event.mail.subject }),
    }
  return {
    type,
    message: event.message,
    ...pick(event, 'request'),
    ...(event.type === 'message.queued' ? { to: event.to } : {}),
    ...(event.type === 'message.queued' && event.letter !== undefined
      ? { subject: event.letter.subject }
      : {}),
    ...(event.type === 'message.dead' ? pick(event, 'words') : {}),
  }
}
