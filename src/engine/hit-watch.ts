import type { AdapterError, Counters } from '../../adapters/adapter.ts'
import { type Clock, sleep } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Rule } from '../domain/rule.ts'
import type { Entry } from './entry.ts'
import { HitBook, type Hits } from './hit-book.ts'
import { asAdapterError } from './outcomes.ts'

export interface HitWatchOptions {
  /** Where the device's counters are read, in bounded time. */
  readonly source: { counters(what: 'all' | readonly Rule[]): Promise<Counters> }
  readonly entries: ReadonlyMap<string, Entry>
  readonly clock: Clock
  readonly log: Logger
  /** Random numbers from 0 to 1. */
  readonly random: () => number
}

/** In milliseconds, from one reading of all counters to the next. */
export const COUNT_EVERY = 60_000
/** A reading that takes long is done less often: it may take up this part of the time. */
const SHARE = 1 / 20

/** Reads the counters of one device now and then, and of single rules when they are asked for. */
export class HitWatch {
  readonly #options: HitWatchOptions
  readonly #book = new HitBook()
  readonly #stop = new AbortController()
  #queue: Promise<unknown> = Promise.resolve()
  #since: number | undefined
  #running: Promise<void> | undefined

  constructor(options: HitWatchOptions) {
    this.#options = options
  }

  /** When all counters were first read: from then on it is known when they grow. */
  get since(): number | undefined {
    return this.#since
  }

  /** What was seen to be added since then, of all rules. */
  get total(): { readonly packets: number; readonly bytes: number } {
    return this.#book
  }

  of(key: string): Hits | undefined {
    return this.#book.of(key)
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  /** Reads the counters of these rules. @throws AdapterError */
  async read(rules: readonly Rule[]): Promise<void> {
    await this.#inTurn(rules, (counters, at) =>
      this.#book.takeSome(
        rules.map(({ key }) => key),
        counters,
        at,
      ),
    )
  }

  async #run(): Promise<void> {
    const { clock, random, log } = this.#options
    let wait = (COUNT_EVERY / 10) * random()
    for (;;) {
      await sleep(clock, wait, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      const began = clock.monotonic()
      await this.#readAll().catch((error: AdapterError) =>
        log.debug({ words: error.message }, 'the counters could not be read'),
      )
      const took = clock.monotonic() - began
      wait = Math.max(COUNT_EVERY, took / SHARE) * (0.9 + random() / 5)
    }
  }

  async #readAll(): Promise<void> {
    const { entries } = this.#options
    if (entries.size === 0 && this.#since !== undefined) return
    await this.#inTurn('all', (counters, at) => {
      this.#book.takeAll(counters, at, (key) => entries.has(key))
      this.#since ??= at
    })
  }

  /** One after the other, so that no late answer makes a counter seem to fall. */
  #inTurn(what: 'all' | readonly Rule[], take: (counters: Counters, at: number) => void): Promise<void> {
    const { source, clock } = this.#options
    const turn = this.#queue.then(async () => {
      take(await source.counters(what), clock.now())
    })
    this.#queue = turn.catch(() => {})
    return turn.catch((error: unknown) => {
      throw asAdapterError(error)
    })
  }
}
