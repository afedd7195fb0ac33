/** A read that is repeated within this time is not recorded again, in milliseconds. */
const AGAIN = 60_000

/** Reads that are remembered; with more than these, some are recorded twice within a minute. */
const MOST = 10_000

/** Which reads were recorded lately, so that a screen that polls does not fill the ledger. */
export class ReadLog {
  /** When each was recorded, by what was read; oldest first. */
  readonly #recorded = new Map<string, number>()

  /**
   * Whether a read is to be recorded, and notes that it is.
   * @param key who read what
   * @param now milliseconds of a clock that does not run backwards
   */
  note(key: string, now: number): boolean {
    this.#forget(now)
    if (this.#recorded.has(key)) return false
    this.#recorded.set(key, now)
    return true
  }

  #forget(now: number): void {
    for (const [key, at] of this.#recorded) {
      if (now - at < AGAIN && this.#recorded.size < MOST) return
      this.#recorded.delete(key)
    }
  }
}
