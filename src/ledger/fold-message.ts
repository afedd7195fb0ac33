import type { Message, Notice } from '../domain/message.ts'
import type { Recorded } from './events.ts'
import type { MessageEvent, MessageQueued, MessageReceived, OutboxNoted } from './message-events.ts'
import type { State } from './state.ts'

/** A mail that a server tries again for longer has been given up by everybody (RFC 5321 §4.5.4.1). */
const RECEIVED_KEPT = 7 * 24 * 3_600_000

export function isMessage(event: { readonly type: string }): event is MessageEvent {
  return event.type.startsWith('message.') || event.type === 'outbox.noted'
}

/** Folds what is to be told, what was written down to be sent, and what became of it. */
export function foldMessage(state: State, { seq, at, redacted }: Recorded, event: MessageEvent): void {
  switch (event.type) {
    case 'outbox.noted':
      return note(state, event)
    case 'message.queued':
      return queue(state, event, at, redacted)
    case 'message.received':
      return receive(state, event, seq, at)
    case 'message.judged':
      state.held.delete(event.received)
      return
    case 'message.dropped':
      state.messages.delete(event.message)
      return
    default:
      return settle(state, event, at)
  }
}

function note(state: State, { upTo, notices }: OutboxNoted): void {
  state.heard = Math.max(state.heard ?? 0, upTo)
  for (const notice of notices) {
    const waiting = state.pending.get(notice.to)
    // In place: a burst adds thousands for one receiver.
    if (waiting === undefined) state.pending.set(notice.to, [notice])
    else waiting.push(notice)
  }
}

function queue(state: State, event: MessageQueued, at: number, redacted: boolean): void {
  const { message: id, to, by, upTo, blocks, request, letter, body } = event
  state.nextMessage = Math.max(state.nextMessage, id + 1)
  // Of requests each is told at once.
  if (request === undefined) state.told.set(to, at)
  takeNotices(state, to, ({ seq, request: of }) => seq <= upTo && of === request)
  // Of one that was erased there is nothing to send.
  if (redacted) return
  state.messages.set(id, {
    ...{ id, to, by, queuedAt: at, blocks },
    ...(request === undefined ? {} : { request }),
    ...(letter === undefined ? {} : { letter }),
    ...(body === undefined ? {} : { body }),
  })
}

function takeNotices(state: State, to: string, isTaken: (notice: Notice) => boolean): void {
  const left = (state.pending.get(to) ?? []).filter((notice) => !isTaken(notice))
  if (left.length === 0) state.pending.delete(to)
  else state.pending.set(to, left)
}

function receive(state: State, event: MessageReceived, seq: number, at: number): void {
  const { received: id, digest, verdict, why, block, request, mail } = event
  state.nextReceived = Math.max(state.nextReceived, id + 1)
  // Behind all others, as they are forgotten from the front.
  state.received.delete(digest)
  state.received.set(digest, at)
  if (verdict === 'taken' || verdict === 'ignored' || mail === undefined) return
  state.held.set(id, {
    ...{ id, seq, at, verdict, why },
    ...(block === undefined ? {} : { block }),
    ...(request === undefined ? {} : { request }),
    mail,
  })
}

/** Drops what is known of mails that came so long ago that none comes again. */
export function forgetReceived(state: State, now: number): void {
  for (const [digest, at] of state.received) {
    if (at > now - RECEIVED_KEPT) break
    state.received.delete(digest)
  }
}

function settle(
  { messages }: State,
  event: Extract<MessageEvent, { readonly type: 'message.sent' | 'message.dead' | 'message.again' }>,
  at: number,
): void {
  const message = messages.get(event.message)
  if (message === undefined) return
  switch (event.type) {
    case 'message.sent':
      if (event.left === undefined || event.left.length === 0) messages.delete(message.id)
      else messages.set(message.id, { ...message, left: event.left })
      return
    case 'message.dead':
      messages.set(message.id, { ...message, dead: { at, words: event.words } })
      return
    case 'message.again': {
      const { dead: _, ...again } = message
      // Its time to be tried begins anew.
      messages.set(message.id, { ...again, queuedAt: at })
    }
  }
}

/** What was to be told about erased blocks and requests is not told any more. */
export function forgetMessages(
  state: State,
  blocks: ReadonlySet<number>,
  requests: ReadonlySet<number>,
  erased: ReadonlySet<number>,
): void {
  const isGone = ({ block, request }: Pick<Notice, 'block' | 'request'>): boolean =>
    (block !== undefined && blocks.has(block)) || (request !== undefined && requests.has(request))
  for (const to of [...state.pending.keys()]) takeNotices(state, to, isGone)
  for (const [id, mail] of state.held) if (isGone(mail) || erased.has(mail.seq)) state.held.delete(id)
  for (const [id, message] of state.messages) if (isOf(message, blocks, requests)) state.messages.delete(id)
}

function isOf(
  { blocks: about, request }: Message,
  blocks: ReadonlySet<number>,
  requests: ReadonlySet<number>,
): boolean {
  return about.some((id) => blocks.has(id)) || (request !== undefined && requests.has(request))
}
