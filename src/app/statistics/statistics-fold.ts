import type { LedgerEvent, Recorded } from '../../ledger/events.ts'
import { isMessage } from '../../ledger/fold-message.ts'
import { isRequest } from '../../ledger/fold-request.ts'
import { BlockLives } from './block-lives.ts'
import { RequestLives } from './request-lives.ts'
import { Tally } from './tally.ts'

const DAY = 86_400_000
/** How long a message can be said to be sent, or dead, after it was written. */
const MESSAGE_KEPT = 90 * DAY

/**
 * What is counted of the ledger, by days in UTC: folded from what events say in clear alone, so that nothing changes when
 * personal data is erased. Beside the counts it keeps what is open.
 */
export class StatisticsFold {
  readonly tally = new Tally()
  readonly blocks = new BlockLives(this.tally)
  readonly requests = new RequestLives(this.tally)
  /** When messages were written of which it is not counted yet that they are sent; the oldest first. */
  readonly #messages = new Map<number, number>()
  /** Up to which event, and when that was. */
  #seq = 0
  #at = 0

  get seq(): number {
    return this.#seq
  }

  /** When the last event was, or something came to its time. */
  get at(): number {
    return this.#at
  }

  /** Of an event that was folded already nothing comes. */
  fold(recorded: Recorded): void {
    const { seq, at, event } = recorded
    if (seq <= this.#seq) return
    this.#seq = seq
    this.advance(at)
    if (isRequest(event)) this.requests.fold(event, at)
    else if (isMessage(event)) this.#foldMessage(event, at)
    else if (event.type === 'trigger.taken') this.#foldTrigger(event, at)
    else for (const block of this.blocks.fold(recorded)) this.requests.blockEnded(block, at)
  }

  /** Counts what has come to its time until now. */
  advance(now: number): void {
    this.#at = Math.max(this.#at, now)
    this.blocks.advance(now)
    this.requests.advance(now)
    for (const [message, at] of this.#messages) {
      if (at + MESSAGE_KEPT > now) break
      this.#messages.delete(message)
    }
  }

  #foldTrigger(event: Extract<LedgerEvent, { type: 'trigger.taken' }>, at: number): void {
    const { category, policy, rule, verdict } = event
    const by = policy === undefined ? null : rule === undefined ? policy : `${policy}/${rule}`
    this.tally.triggers(at, { category, policy: by }).by[verdict] += 1
  }

  #foldMessage(
    event: Extract<LedgerEvent, { type: `message.${string}` | 'outbox.noted' }>,
    at: number,
  ): void {
    const { by } = this.tally.messages(at)
    switch (event.type) {
      case 'message.queued':
        by.queued += 1
        this.#messages.set(event.message, at)
        return
      case 'message.sent':
        // To whom it is still to be sent is erased some day; so its first addresses count.
        if (this.#messages.delete(event.message)) by.sent += 1
        return
      case 'message.dead':
        by.dead += 1
        return
      case 'message.dropped':
        by.dropped += 1
        this.#messages.delete(event.message)
        return
      default:
        return
    }
  }
}
