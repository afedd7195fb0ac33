import type { Hearing } from '../../domain/hearing.ts'
import { inTurns } from '../../domain/in-turns.ts'
import type { Notice } from '../../domain/message.ts'
import type { Recorded } from '../../ledger/events.ts'
import { isMessage } from '../../ledger/fold-message.ts'
import type { App } from '../context.ts'
import { EventTail } from '../event-tail.ts'
import { noticesOf } from './notices.ts'

/** What happened longer ago, in milliseconds, is told to nobody any more: nobody had asked for it to be told then. */
const TOO_OLD = 24 * 3_600_000
const MOST_NOTICES = 2_000
/** After a failure, as when the disk is full, it is tried again then, in milliseconds. */
const AGAIN = 5_000
/** With nothing to tell, so many events are read again after a restart at the most. */
const MOST_UNNOTED = 10_000

/** Writes down in the ledger who is to be told what, of each event once and in order, across restarts. */
export class Noting {
  readonly #app: App
  readonly #hearing: Hearing
  readonly #onNoted: () => void
  readonly #tail: EventTail
  /** The event up to which everything was looked at. */
  #upTo: number
  #seen: number
  #turn: Promise<void> = Promise.resolve()
  #waiting = false
  #closed = false
  #cancel = (): void => {}

  constructor(app: App, hearing: Hearing, onNoted: () => void) {
    this.#app = app
    this.#hearing = hearing
    this.#onNoted = onNoted
    this.#tail = new EventTail(app.ledger)
    const { head } = app.ledger
    // A site that has just begun to tell anybody tells nothing of what was before.
    this.#upTo = head.heard ?? head.seq
    this.#seen = this.#upTo
    app.ledger.onDurable((recorded) => this.#hear(recorded))
  }

  /** Looks at what happened while nobody did. */
  start(): void {
    const { heard, seq } = this.#app.ledger.head
    if (heard === undefined || heard < seq) this.#go()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#turn
  }

  #hear(recorded: readonly Recorded[]): void {
    if (recorded.some(({ event }) => !isMessage(event))) this.#go()
  }

  #go(): void {
    if (this.#waiting || this.#closed) return
    this.#waiting = true
    this.#turn = this.#turn
      .then(() => this.#note())
      .catch((error: unknown) => {
        this.#app.log.warn({ error: String(error) }, 'what is to be told could not be noted yet')
        this.#cancel()
        this.#cancel = this.#app.clock.after(AGAIN, () => this.#go())
      })
  }

  async #note(): Promise<void> {
    this.#waiting = false
    const { ledger, clock } = this.#app
    const oldest = clock.now() - TOO_OLD
    let notices: Notice[] = []
    let batch: Recorded[] = []
    const look = async (): Promise<void> => {
      const listening = { inventory: this.#app.inventory, hearing: this.#hearing, head: ledger.head }
      const found = await inTurns(clock, batch, (one) =>
        one.at < oldest || one.redacted ? [] : noticesOf(listening, one),
      )
      notices.push(...found.flat())
      batch = []
    }
    // What was just recorded is at hand; the file is read only after a restart, or when there is very much of it.
    for await (const recorded of this.#tail.from(this.#upTo + 1) ?? ledger.history(this.#upTo + 1)) {
      batch.push(recorded)
      this.#seen = recorded.seq
      if (batch.length < MOST_NOTICES) continue
      await look()
      notices = await this.#record(notices)
    }
    await look()
    await this.#record(notices)
  }

  /** @returns none that are left */
  async #record(notices: readonly Notice[]): Promise<Notice[]> {
    const { ledger } = this.#app
    const { heard } = ledger.head
    if (notices.length > 0 || heard === undefined || this.#seen - heard > MOST_UNNOTED) {
      const upTo = this.#seen
      await ledger.commit(() => ({ events: [{ type: 'outbox.noted', upTo, notices }], answer: undefined }), {
        bytes: 512 + notices.length * 200,
        always: false,
      })
      this.#onNoted()
    }
    this.#upTo = this.#seen
    return []
  }
}
