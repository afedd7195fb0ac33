import type { Clock } from '../domain/clock.ts'

/** How long one turn may be, in milliseconds; what is left waits for the next, so that commands go on being answered. */
const TURN = 8

/** Values between two looks at the clock. */
const STEP = 20

/** Works values off in their order, the first of them at once. */
export class InOrder<T> {
  readonly #clock: Clock
  readonly #work: (value: T) => void
  readonly #endTurn: () => void
  readonly #waiting: T[] = []
  #cancel: (() => void) | undefined
  #stopped = false

  /** @param work is called with each value @param endTurn after some of them */
  constructor(clock: Clock, work: (value: T) => void, endTurn: () => void) {
    this.#clock = clock
    this.#work = work
    this.#endTurn = endTurn
  }

  push(values: readonly T[]): void {
    for (const value of values) this.#waiting.push(value)
    if (this.#cancel === undefined) this.#turn()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #turn(): void {
    this.#cancel = undefined
    if (this.#stopped) return
    const start = this.#clock.monotonic()
    let done = 0
    for (const value of this.#waiting) {
      this.#work(value)
      done += 1
      if (done % STEP === 0 && this.#clock.monotonic() - start > TURN) break
    }
    this.#waiting.splice(0, done)
    this.#endTurn()
    if (this.#waiting.length > 0) this.#cancel = this.#clock.after(0, () => this.#turn())
  }
}
