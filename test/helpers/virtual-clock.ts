import type { Clock } from '../../src/domain/clock.ts'

interface Timer {
  readonly due: number
  readonly run: () => void
}

/** Lets every promise chain that needs no further timer come to its end. */
async function drainOnce(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/**
 * A clock that only a test moves. Timers fire one by one in the order of their times, those of one time in the order
 * they were set; between two of them everything that can run without time passing does run. So one seed gives one
 * history, as long as nothing waits for the outside world; where something does, pass a `drain` that waits for it.
 */
export class VirtualClock implements Clock {
  readonly #drain: () => Promise<void>
  readonly #timers: Timer[] = []
  #elapsed = 0
  #wall: number

  constructor(startsAt = Date.UTC(2026, 0, 1), drain: () => Promise<void> = drainOnce) {
    this.#wall = startsAt
    this.#drain = drain
  }

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#elapsed + Math.max(0, ms), run }
    this.#timers.splice(this.#slotFor(timer.due), 0, timer)
    return () => {
      const index = this.#timers.indexOf(timer)
      if (index >= 0) this.#timers.splice(index, 1)
    }
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length
  }

  /** Moves the wall clock alone, as an operator or a bad time server does. */
  stepWall(ms: number): void {
    this.#wall += ms
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    await this.runUntil(() => false, ms)
  }

  /** Lets time pass until the predicate holds, at most `maxMs`; tells whether it did hold. */
  async runUntil(predicate: () => boolean, maxMs: number): Promise<boolean> {
    const end = this.#elapsed + maxMs
    for (;;) {
      await this.#drain()
      if (predicate()) return true
      const next = this.#timers[0]
      if (next === undefined || next.due > end) {
        this.#moveTo(end)
        return false
      }
      this.#timers.shift()
      this.#moveTo(next.due)
      next.run()
    }
  }

  #moveTo(elapsed: number): void {
    this.#wall += elapsed - this.#elapsed
    this.#elapsed = elapsed
  }

  /** Behind every timer that is not later, by halving. */
  #slotFor(due: number): number {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#timers[middle]?.due ?? due) <= due) low = middle + 1
      else high = middle
    }
    return low
  }
}
