import { type Recorded, withoutPersonalData } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** Events that are kept for those who follow closely; who is further behind reads the ledger. */
const KEPT = 2_000

/** The last durable events, once for everybody who follows them. */
export class EventTail {
  readonly #kept: Recorded[] = []
  readonly #listeners = new Set<() => void>()
  #last: number

  constructor(ledger: Ledger) {
    // What is in the head now is durable before anybody can be told of it.
    this.#last = ledger.head.seq
    ledger.onDurable((recorded) => this.#take(recorded))
  }

  /** Sequence number of the last event that may be told. */
  get last(): number {
    return this.#last
  }

  /** The events from this number on, or `undefined` when the first of them is not kept any more. */
  from(seq: number): readonly Recorded[] | undefined {
    const first = this.#kept[0]?.seq
    return first === undefined || seq < first ? undefined : this.#kept.slice(seq - first)
  }

  /** Calls `listener` after each group; the returned function ends that. */
  onNews(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #take(recorded: readonly Recorded[]): void {
    this.#kept.push(...recorded)
    this.#kept.splice(0, this.#kept.length - KEPT)
    this.#last = Math.max(this.#last, recorded.at(-1)?.seq ?? 0)
    for (const { event } of recorded) if (event.type === 'redacted') this.#redact(event.events)
    for (const listener of [...this.#listeners]) listener()
  }

  #redact(events: readonly number[]): void {
    const first = this.#kept[0]?.seq ?? 0
    for (const seq of events) {
      const kept = this.#kept[seq - first]
      if (kept !== undefined) this.#kept[seq - first] = withoutPersonalData(kept)
    }
  }
}
