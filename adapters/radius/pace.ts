import type { Clock } from '../../src/domain/clock.ts'

const MINUTE = 60_000
/** So often within a minute a session is ended at once. */
const FREELY = 10
const FIRST_MS = 1_000

/** How long to wait with whoever comes back again and again, so that neither we nor the NAS do nothing else. */
export class Pace {
  readonly #clock: Clock
  readonly #times = new Map<string, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many are being slowed down. */
  get slowed(): number {
    return [...this.#times.keys()].filter((name) => this.isSlowed(name)).length
  }

  isSlowed(name: string): boolean {
    return this.#recent(name).length >= FREELY
  }

  /** Notes that one of theirs is to be ended. @returns milliseconds to wait before that, at most a minute */
  next(name: string): number {
    const times = this.#recent(name)
    times.push(this.#clock.monotonic())
    this.#times.set(name, times)
    const over = times.length - FREELY
    return over <= 0 ? 0 : Math.min(FIRST_MS * 2 ** (over - 1), MINUTE)
  }

  forget(name: string): void {
    this.#times.delete(name)
  }

  #recent(name: string): number[] {
    const now = this.#clock.monotonic()
    return (this.#times.get(name) ?? []).filter((time) => now - time < MINUTE)
  }
}
