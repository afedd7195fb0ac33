import type { LedgerEvent, Recorded } from '../ledger/events.ts'
import { AppError } from './app-error.ts'
import type { App } from './context.ts'
import type { EventTail } from './event-tail.ts'
import type { AccessScope, Caller } from './rights.ts'
import { requireWholeSite } from './sight.ts'
import { isStillGood } from './tokens.ts'

export type { LedgerEvent, Recorded }

/** The right that lets a token hear of an event. */
const NEEDS: Readonly<Record<LedgerEvent['type'], AccessScope>> = {
  'block.created': 'blocks:read',
  'block.proposed': 'blocks:read',
  'block.reproposed': 'blocks:read',
  'block.approved': 'blocks:read',
  'block.declined': 'blocks:read',
  'block.covers': 'blocks:read',
  'block.grows': 'blocks:read',
  'block.moved': 'blocks:read',
  'block.flagged': 'blocks:read',
  'inventory.loaded': 'inventory:read',
  'block.amended': 'blocks:read',
  'block.released': 'blocks:read',
  'block.expired': 'blocks:read',
  'block.counted': 'blocks:read',
  milestones: 'blocks:read',
  // Who keeps what a block said must hear that it is to be erased.
  redacted: 'blocks:read',
  'breaker.tripped': 'blocks:read',
  'breaker.reset': 'blocks:read',
  'automation.frozen': 'blocks:read',
  'automation.thawed': 'blocks:read',
  'automation.panicked': 'blocks:read',
  'source.muted': 'blocks:read',
  'source.unmuted': 'blocks:read',
  memo: 'devices:read',
  'device.held': 'devices:read',
  'device.freed': 'devices:read',
  'token.created': 'tokens:write',
  'token.revoked': 'tokens:write',
  'person.known': 'people:write',
  'person.left': 'people:write',
  'request.answered': 'ledger:read',
  'request.filed': 'requests:read',
  'request.taken': 'requests:read',
  'request.said': 'requests:read',
  'request.settled': 'requests:read',
  'request.reopened': 'requests:read',
  'request.due': 'requests:read',
  'request.reminded': 'requests:read',
  'outbox.noted': 'messages:read',
  'message.queued': 'messages:read',
  'message.sent': 'messages:read',
  'message.dead': 'messages:read',
  'message.again': 'messages:read',
  'message.dropped': 'messages:read',
  'message.received': 'messages:read',
  'message.judged': 'messages:read',
  'trigger.taken': 'triggers:read',
  'read.recorded': 'audit:read',
}

/** Why a stream of events ended by the controller's will. */
export type StreamEnd = 'closing' | 'token-ended' | 'event-missing'

/** Events to be told, and the number up to which everything is told with them. */
export interface Portion {
  readonly events: readonly Recorded[]
  readonly upTo: number
}

/** How many events of the ledger are handed over at once. */
const PORTION = 100

/**
 * Where a caller's stream begins: behind `after`, or behind what is durable now.
 * @throws AppError `forbidden`, `sequence-unknown`
 */
export async function startFollowing(app: App, caller: Caller, after: number | undefined): Promise<number> {
  const rights = [...new Set(Object.values(NEEDS))]
  if (!rights.some((right) => caller.scopes.has(right)))
    throw new AppError(
      403,
      'forbidden',
      `this needs one of the rights ${rights.join(', ')}, of which token ${caller.token.id} carries none`,
    )
  requireWholeSite(caller, 'events are')
  const { seq } = app.ledger.head
  await app.ledger.settled()
  if (after === undefined) return seq
  if (after <= seq) return after
  throw new AppError(
    400,
    'sequence-unknown',
    `after: the ledger ends at event ${seq}, there is no event ${after} yet; give a number that this controller has told`,
    { path: 'after' },
  )
}

/**
 * The events behind `after` that the caller may hear, in order, each once, for ever: from the ledger, then live.
 * Nothing is kept for a reader who is slow: what it has not taken is read from the ledger again. Returns why it
 * ended, or `undefined` when `signal` was aborted.
 */
export async function* followEvents(
  app: App,
  tail: EventTail,
  caller: Caller,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Portion, StreamEnd | undefined> {
  let upTo = after
  while (!signal.aborted) {
    if (!isStillGood(app, caller)) return 'token-ended'
    if (upTo >= tail.last) {
      await news(tail, upTo, signal)
      continue
    }
    const before = upTo
    for await (const events of portions(app, tail, upTo + 1)) {
      if (signal.aborted) return undefined
      if (!isStillGood(app, caller)) return 'token-ended'
      if (events[0]?.seq !== upTo + 1) return 'event-missing'
      upTo = events.at(-1)?.seq ?? upTo
      yield { events: events.filter(({ event }) => mayHear(caller, event)), upTo }
    }
    if (upTo === before) return 'event-missing'
  }
  return undefined
}

function mayHear({ scopes }: Caller, event: LedgerEvent): boolean {
  return scopes.has(NEEDS[event.type])
}

async function* portions(app: App, tail: EventTail, from: number): AsyncGenerator<readonly Recorded[]> {
  const kept = tail.from(from)
  if (kept !== undefined) {
    if (kept.length > 0) yield kept.slice(0, PORTION)
    return
  }
  let portion: Recorded[] = []
  for await (const recorded of app.ledger.history(from)) {
    portion.push(recorded)
    if (portion.length < PORTION) continue
    yield portion
    portion = []
  }
  if (portion.length > 0) yield portion
}

/** Resolves when there is an event behind `upTo`, or at any event at all, since one may have ended the token. */
function news(tail: EventTail, upTo: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      forget()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const forget = tail.onNews(done)
    signal.addEventListener('abort', done)
    if (signal.aborted || tail.last > upTo) done()
  })
}
