/** Since when events wait is kept to the second, and no finer than this many times. */
const FINEST = 1_000
const MOST = 120

interface Mark {
  upTo: number
  readonly at: number
}

/** How long the oldest event that was not yet sent has waited, without a record of each. Times are monotonic. */
export class Lag {
  readonly #marks: Mark[] = []

  /** Events up to this number are there. */
  note(upTo: number, now: number): void {
    const last = this.#marks.at(-1)
    if (last !== undefined && upTo <= last.upTo) return
    if (last !== undefined && (now - last.at < FINEST || this.#marks.length >= MOST)) last.upTo = upTo
    else this.#marks.push({ upTo, at: now })
  }

  /** Events up to this number were sent. */
  sent(upTo: number): void {
    let done = 0
    for (const mark of this.#marks) {
      if (mark.upTo > upTo) break
      done += 1
    }
    this.#marks.splice(0, done)
  }

  /** Milliseconds; 0 when nothing waits. */
  waiting(now: number): number {
    const [oldest] = this.#marks
    return oldest === undefined ? 0 : now - oldest.at
  }
}
