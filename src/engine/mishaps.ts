/** How often a rule that someone else removed is put back: after that it is theirs (DESIGN §6.3). */
const PUT_BACK = 1

/** What went wrong with rules, by key, and must be remembered longer than one call. */
export class Mishaps {
  /** Keys under way that may have been held before: when they are refused, they still may be. */
  readonly #doubtful = new Set<string>()
  /** How often in a row the outcome was lost. */
  readonly #lost = new Map<string, number>()
  /** How often someone else removed it. */
  readonly #removed = new Map<string, number>()

  sentInDoubt(key: string): void {
    this.#doubtful.add(key)
  }

  /** Takes in that the device did, or did not, say what became of it. @returns whether it was sent in doubt */
  answered(key: string, told: boolean): boolean {
    if (told) this.#lost.delete(key)
    else this.#lost.set(key, (this.#lost.get(key) ?? 0) + 1)
    return this.#doubtful.delete(key)
  }

  /** Whether the device did not say what became of it more than once in a row. */
  isLostAgain(key: string): boolean {
    return (this.#lost.get(key) ?? 0) > 1
  }

  removedByOthers(key: string): void {
    this.#removed.set(key, (this.#removed.get(key) ?? 0) + 1)
  }

  /** Whether it was put back as often as it may be. */
  isOverridden(key: string): boolean {
    return (this.#removed.get(key) ?? 0) > PUT_BACK
  }

  /** Someone asks for it anew. */
  forgive(key: string): void {
    this.#removed.delete(key)
  }

  forget(key: string): void {
    this.#doubtful.delete(key)
    this.#lost.delete(key)
    this.#removed.delete(key)
  }
}
