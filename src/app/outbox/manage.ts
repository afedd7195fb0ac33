import type { Message } from '../../domain/message.ts'
import type { LedgerEvent } from '../../ledger/events.ts'
import { AppError, notFound } from '../app-error.ts'
import type { App } from '../context.ts'
import { type Caller, originOf } from '../rights.ts'
import { requireWholeSite } from '../sight.ts'
import { requireRight } from '../use-cases.ts'

/** What waits to be sent, and what could not be. */
export interface Waiting {
  readonly messages: readonly Message[]
  /** The last one that is given, where others follow. */
  readonly next?: number
  /** Notices that are still to be written down, by receiver. */
  readonly pending: ReadonlyMap<string, number>
}

/** Which messages are listed. */
export interface MessageFilter {
  /** Those alone that are not tried any more. */
  readonly dead: boolean
  readonly limit: number
  /** Those behind this one. */
  readonly after: number
}

/** The oldest first, as they are sent. */
export async function listMessages(
  app: App,
  caller: Caller,
  { dead, limit, after }: MessageFilter,
): Promise<Waiting> {
  requireRight(caller, 'listMessages')
  requireWholeSite(caller, 'messages are')
  await app.ledger.settled()
  const { messages, pending } = app.ledger.head
  const all = [...messages.values()].filter(
    (message) => message.id > after && (!dead || message.dead !== undefined),
  )
  const page = all.slice(0, limit)
  const last = page.at(-1)
  return {
    messages: page,
    ...(last === undefined || page.length === all.length ? {} : { next: last.id }),
    pending: new Map([...pending].map(([to, notices]) => [to, notices.length])),
  }
}

export async function showMessage(app: App, caller: Caller, id: number): Promise<Message> {
  requireRight(caller, 'showMessage')
  requireWholeSite(caller, 'messages are')
  await app.ledger.settled()
  return knownMessage(app.ledger.head, id)
}

/** Lets a dead message be tried again, as long as any. @throws AppError `not-found`, `message-waits` */
export async function sendAgain(app: App, caller: Caller, id: number): Promise<void> {
  requireRight(caller, 'sendAgain')
  requireWholeSite(caller, 'messages are')
  await record(app, caller, id, 'message.again')
}

/** Lets go of a dead message. @throws AppError `not-found`, `message-waits` */
export async function dropMessage(app: App, caller: Caller, id: number): Promise<void> {
  requireRight(caller, 'dropMessage')
  requireWholeSite(caller, 'messages are')
  await record(app, caller, id, 'message.dropped')
}

async function record(
  app: App,
  caller: Caller,
  id: number,
  type: 'message.again' | 'message.dropped',
): Promise<void> {
  await app.ledger.commit(
    (head) => {
      const { blocks, request, dead } = knownMessage(head, id)
      if (dead === undefined)
        throw new AppError(409, 'message-waits', `message ${id} waits to be sent; it is tried by itself`)
      const about = { message: id, blocks, ...(request === undefined ? {} : { request }) }
      const event: LedgerEvent = { type, ...about, by: originOf(caller).token }
      return { events: [event], answer: undefined }
    },
    { bytes: 2_048 + 16 * (app.ledger.head.messages.get(id)?.blocks.length ?? 0), always: false },
  )
}

function knownMessage({ messages }: App['ledger']['head'], id: number): Message {
  const message = messages.get(id)
  if (message === undefined) throw notFound(`message ${id} that waits; what was sent is in the record`)
  return message
}
