import { type Clock, sleep } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Recorded } from '../ledger/events.ts'
import { joined, type Page, type PageKind, pageOf } from './pages.ts'
import type { RunFailure } from './run-command.ts'

/** What became of pages: `retried` counts tries that failed and were not the last. */
export type PageOutcome = 'sent' | 'retried' | 'failed'

export interface PagerOptions {
  /** Hands one page over; resolves with why that failed. */
  readonly send: (page: Page, signal: AbortSignal) => Promise<RunFailure>
  readonly clock: Clock
  readonly log: Logger
}

/** What comes of one kind within this time is one page, in milliseconds. */
const BURST = 10_000

/** Before the second, third and fourth try, in milliseconds. */
const PAUSES = [1_000, 5_000, 25_000]

/** How long the end of the controller waits for pages, in milliseconds. */
const LAST_PAGES = 10_000

/** Pages people for what needs them now: one page at a time, those of a burst together. */
export class Pager {
  readonly #options: PagerOptions
  /** What is gathered, and what waits for its turn, by kind: never more than one of each. */
  readonly #gathering = new Map<PageKind, { page: Page; readonly cancel: () => void }>()
  readonly #waiting = new Map<PageKind, Page>()
  readonly #counts = new Map<PageOutcome, number>()
  readonly #closing = new AbortController()
  readonly #over = new AbortController()
  #sending: Promise<void> | undefined
  #failure: string | undefined

  constructor(options: PagerOptions) {
    this.#options = options
  }

  /** Takes durable events; returns at once. */
  take(recorded: readonly Recorded[]): void {
    for (const one of recorded) {
      const page = pageOf(one)
      if (page !== undefined) this.tell(page)
    }
  }

  /** Takes one page; returns at once. */
  tell(page: Page): void {
    const { kind } = page
    const gathered = this.#gathering.get(kind)
    if (gathered !== undefined) gathered.page = joined(gathered.page, page)
    else if (this.#closing.signal.aborted) this.#enqueue(page)
    else {
      const cancel = this.#options.clock.after(BURST, () => this.#release(kind))
      this.#gathering.set(kind, { page, cancel })
    }
  }

  get counts(): ReadonlyMap<PageOutcome, number> {
    return this.#counts
  }

  /** What a person should see to: the last page did not come through. */
  alarm(): string | undefined {
    return this.#failure
  }

  /** Sends what is left, each once, in bounded time. */
  async close(): Promise<void> {
    this.#closing.abort()
    for (const kind of [...this.#gathering.keys()]) this.#release(kind)
    const cancel = this.#options.clock.after(LAST_PAGES, () => this.#over.abort())
    await this.#sending
    cancel()
  }

  #release(kind: PageKind): void {
    const gathered = this.#gathering.get(kind)
    if (gathered === undefined) return
    this.#gathering.delete(kind)
    gathered.cancel()
    this.#enqueue(gathered.page)
  }

  #enqueue(page: Page): void {
    const waiting = this.#waiting.get(page.kind)
    this.#waiting.set(page.kind, waiting === undefined ? page : joined(waiting, page))
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined))
  }

  async #sendAll(): Promise<void> {
    for (let [page] = this.#waiting.values(); page !== undefined; [page] = this.#waiting.values()) {
      this.#waiting.delete(page.kind)
      await this.#send(page)
    }
  }

  async #send(page: Page): Promise<void> {
    const { send, clock, log } = this.#options
    for (const pause of [...PAUSES, undefined]) {
      const failure = await send(page, this.#over.signal)
      if (failure === undefined) {
        this.#failure = undefined
        return this.#count('sent')
      }
      const last = pause === undefined || this.#closing.signal.aborted
      log.error(
        { kind: page.kind, block: page.block, seq: page.seq, error: failure, last },
        'a page was not sent',
      )
      if (last) {
        this.#failure = `the last page (${page.kind}) was not sent: the pager failed; ${page.words}`
        return this.#count('failed')
      }
      this.#count('retried')
      await sleep(clock, pause, this.#closing.signal)
    }
  }

  #count(outcome: PageOutcome): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
  }
}
