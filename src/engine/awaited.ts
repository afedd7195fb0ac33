interface Wait {
  /** Monotonic. */
  readonly since: number
  readonly present: boolean
}

/** Rules that a router was not yet seen to have, or to have lost, in the order in which that was expected first. */
export class Awaited {
  readonly #waits = new Map<string, Wait>()

  get isEmpty(): boolean {
    return this.#waits.size === 0
  }

  expect(key: string, present: boolean, now: number): void {
    this.#waits.delete(key)
    this.#waits.set(key, { since: now, present })
  }

  /** Expects what was not expected already; that goes on from when it was. */
  expectStill(key: string, present: boolean, now: number): void {
    if (this.#waits.get(key)?.present !== present) this.expect(key, present, now)
  }

  drop(key: string): void {
    this.#waits.delete(key)
  }

  of(key: string): Wait | undefined {
    return this.#waits.get(key)
  }

  /** Those that have been waited for since `bar` or longer, the oldest first. */
  *overdue(bar: number): Generator<readonly [key: string, present: boolean]> {
    for (const [key, { since, present }] of this.#waits) {
      if (since > bar) return
      yield [key, present]
    }
  }

  /** Monotonic, of the oldest. */
  get oldest(): number | undefined {
    for (const { since } of this.#waits.values()) return since
    return undefined
  }
}
