const HOUR = 3_600_000

interface Moves {
  readonly at: number
  readonly count: number
}

/** Blocks that went with who they are about, in the last hour; one look at all of them follows another. */
export class LeaseMoves {
  /** When, and how many; oldest first. */
  #lately: readonly Moves[] = []
  #turn: Promise<unknown> = Promise.resolve()

  /** Runs when those before have ended, however they did: two at once would each decide by what the other changes. */
  inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  note(count: number, now: number): void {
    if (count > 0) this.#lately = [...this.#kept(now), { at: now, count }]
  }

  /** How many within the last hour, by a clock that does not run backwards. */
  lately(now: number): number {
    return this.#kept(now).reduce((sum, { count }) => sum + count, 0)
  }

  #kept(now: number): readonly Moves[] {
    return this.#lately.filter(({ at }) => at > now - HOUR)
  }
}
