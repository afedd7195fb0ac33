import type { Clock } from '../domain/clock.ts'

/** A timer can be no longer than this; what is due later is looked at now and then anyway. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Wakes devices when the time of a person's hold is over. */
export class HoldEnds {
  readonly #clock: Clock
  readonly #wake: (device: string) => void
  readonly #timers = new Map<string, () => void>()

  constructor(clock: Clock, wake: (device: string) => void) {
    this.#clock = clock
    this.#wake = wake
  }

  /** @param until the end of the hold, or `undefined` when there is none any more */
  expect(device: string, until: number | undefined): void {
    this.#timers.get(device)?.()
    this.#timers.delete(device)
    if (until === undefined) return
    const wait = Math.min(Math.max(0, until - this.#clock.now()), LONGEST_TIMER)
    this.#timers.set(
      device,
      this.#clock.after(wait, () => this.#wake(device)),
    )
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }
}
