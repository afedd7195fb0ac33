import type { RetentionRule } from '../domain/retention.ts'
import type { LedgerEvent, Recorded } from './events.ts'
import type { State } from './state.ts'

/** What a decision comes to: the events it makes, and what its caller is told once they are durable. */
export interface Decided<T> {
  readonly events: readonly LedgerEvent[]
  readonly answer: T
}

export interface CommitOptions {
  /**
   * The most bytes that the events can take in the ledger. Space for them is secured before `decide` runs, so
   * that what was decided can always be written.
   */
  readonly bytes: number
  /** Releases, expiries and panic: taken from the reserve when the disk is full. */
  readonly always: boolean
}

/** Hears of each event in the turn in which it is folded, durable or not. It must not throw. */
export interface HeadWatcher {
  /** The head is still as it was. */
  before(event: LedgerEvent): void
  /** The head is what the event has made of it. */
  after(event: LedgerEvent): void
}

/** The append-only record of decisions. The file ledger is one; nothing else notices which. */
export interface Ledger {
  /** What is folded from all events, those that are not yet durable too. Only `commit` changes it. */
  readonly head: Readonly<State>
  /**
   * Runs `decide` on the head, folds its events in the same turn, and resolves with its answer once they, and all
   * that it saw, are durable. When `decide` throws, nothing is recorded and the promise rejects with that error,
   * also only once what it saw is durable.
   * @throws LedgerFull
   */
  commit<T>(decide: (head: Readonly<State>, now: number) => Decided<T>, options: CommitOptions): Promise<T>
  /** Resolves when everything in the head is durable: to be awaited before answering from the head. */
  settled(): Promise<void>
  /** What keeps in step with the head, and not with what is durable. */
  watchHead(watcher: HeadWatcher): void
  /** Calls `listener` with each durable group, in order. */
  onDurable(listener: (recorded: readonly Recorded[]) => void): void
  /** Reads recorded events from sequence number `from` on, oldest first, up to what is durable now. */
  history(from?: number): AsyncIterable<Recorded>
  /**
   * Erases the personal data of these events for good; `rule` of retention says so on the record.
   * @throws Error when one belongs to a block or a request that has not ended, or is still needed: nothing is erased then
   */
  redact(events: readonly number[], by: string, rule?: RetentionRule): Promise<void>
  close(): Promise<void>
}

/** The disk is full: nothing new can be decided until there is space; releases still can. */
export class LedgerFull extends Error {
  constructor(cause: unknown) {
    super('the disk of the ledger is full: only releases and expiries are recorded until there is space', {
      cause,
    })
    this.name = 'LedgerFull'
  }
}
