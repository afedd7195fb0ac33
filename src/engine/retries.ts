import type { Outcome } from '../../adapters/adapter.ts'
import type { Clock } from '../domain/clock.ts'
import { isRefused, passesByItself } from './outcomes.ts'

/** Times in milliseconds. */
const REGULARLY = 30_000
const SOON = 1_000

/** Tries again what failed: soon, what passes by itself; after longer and longer, what was refused; everything regularly. */
export class Retries {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #again: () => void
  #cancel: (() => void) | undefined
  #refusals = 0
  #isRefusedWaiting = false

  constructor(clock: Clock, random: () => number, again: () => void) {
    this.#clock = clock
    this.#random = random
    this.#again = again
  }

  start(): void {
    this.#cancel = this.#clock.after(REGULARLY, () => {
      this.#again()
      this.start()
    })
  }

  /** @param parked how many rules of the device wait for another try */
  after(outcomes: readonly (Outcome | undefined)[], parked: number): void {
    if (outcomes.some(passesByItself)) this.#soon()
    if (outcomes.some(isRefused)) this.#afterRefusal()
    else if (parked === 0) this.#refusals = 0
  }

  /** The jitter keeps what failed together from being tried together. */
  #soon(): void {
    this.#clock.after(SOON * (0.5 + this.#random()), this.#again)
  }

  /** A device refuses for reasons of the moment too, or says that it did what it did not do. */
  #afterRefusal(): void {
    if (this.#isRefusedWaiting) return
    this.#isRefusedWaiting = true
    const wait = Math.min(REGULARLY, SOON * 2 ** this.#refusals)
    this.#refusals += 1
    this.#clock.after(wait * (0.5 + this.#random() / 2), () => {
      this.#isRefusedWaiting = false
      this.#again()
    })
  }

  stop(): void {
    this.#cancel?.()
  }
}
