import type { Clock } from '../domain/clock.ts'

/** Times in milliseconds. */
const REGULARLY = 30_000
const SOON = 1_000

/** Tries again what failed: soon, what passes by itself, and everything regularly. */
export class Retries {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #again: () => void
  #cancel: (() => void) | undefined

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

  /** The jitter keeps what failed together from being tried together. */
  soon(): void {
    this.#clock.after(SOON * (0.5 + this.#random()), this.#again)
  }

  stop(): void {
    this.#cancel?.()
  }
}
