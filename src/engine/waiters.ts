/** Who waits for news of a block. */
export class Waiters {
  readonly #waiting = new Map<number, Set<() => void>>()

  /** Something about the block has changed. */
  notify(block: number): void {
    const waiting = this.#waiting.get(block)
    if (waiting !== undefined) for (const wake of [...waiting]) wake()
  }

  /** Resolves when `done` holds, asked again at every notification, or when the signal is aborted. */
  async until(block: number, done: () => boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !done()) await this.#next(block, signal)
  }

  #next(block: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(block) ?? new Set()
      this.#waiting.set(block, waiting)
      const wake = (): void => {
        waiting.delete(wake)
        if (waiting.size === 0) this.#waiting.delete(block)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}
