import type { Clock } from '../../domain/clock.ts'
import { comingInTurns } from '../../domain/in-turns.ts'
import type { Recorded } from '../../ledger/events.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { StatisticsFold } from './statistics-fold.ts'

type Source = Pick<Ledger, 'history' | 'onDurable' | 'settled'>

/**
 * Statistics, kept in memory: the ledger is read when somebody asks for the first time, and what comes afterwards is
 * counted as it comes.
 */
export class StatisticsBook {
  readonly #ledger: Source
  readonly #clock: Clock
  #reading: Promise<StatisticsFold> | undefined

  constructor(ledger: Source, clock: Clock) {
    this.#ledger = ledger
    this.#clock = clock
  }

  /** What is durable, counted until now. @throws Error when the ledger cannot be read; the next time it is tried again */
  async now(): Promise<StatisticsFold> {
    this.#reading ??= this.#read().catch((error: unknown) => {
      this.#reading = undefined
      throw error
    })
    const fold = await this.#reading
    await this.#ledger.settled()
    fold.advance(this.#clock.now())
    return fold
  }

  async #read(): Promise<StatisticsFold> {
    const fold = new StatisticsFold()
    // What comes while the ledger is read waits, so that nothing is left out and all is in order.
    let waiting: Recorded[] | undefined = []
    this.#ledger.onDurable((recorded) => {
      if (waiting !== undefined) waiting.push(...recorded)
      else for (const one of recorded) fold.fold(one)
    })
    for await (const recorded of comingInTurns(this.#clock, this.#ledger.history())) fold.fold(recorded)
    for (const one of waiting) fold.fold(one)
    waiting = undefined
    return fold
  }
}
