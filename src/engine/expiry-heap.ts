/** A binary heap of block numbers by the time of their end. Stale entries stay in it; whoever takes one out checks. */
export class ExpiryHeap {
  readonly #times: number[] = []
  readonly #blocks: number[] = []

  get size(): number {
    return this.#times.length
  }

  /** The earliest time in it. */
  get next(): number | undefined {
    return this.#times[0]
  }

  push(time: number, block: number): void {
    let at = this.#times.push(time) - 1
    this.#blocks.push(block)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#time(parent) <= this.#time(at)) return
      this.#swap(parent, at)
      at = parent
    }
  }

  /** Takes out one block whose time has come. */
  pop(now: number): number | undefined {
    if (this.#times.length === 0 || this.#time(0) > now) return undefined
    const block = this.#blocks[0]
    const last = this.#times.length - 1
    this.#swap(0, last)
    this.#times.pop()
    this.#blocks.pop()
    this.#sink()
    return block
  }

  #sink(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (left < this.#times.length && this.#time(left) < this.#time(least)) least = left
      if (right < this.#times.length && this.#time(right) < this.#time(least)) least = right
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #time(at: number): number {
    return this.#times[at] ?? Number.POSITIVE_INFINITY
  }

  #swap(a: number, b: number): void {
    const time = this.#time(a)
    const block = this.#blocks[a] ?? 0
    this.#times[a] = this.#time(b)
    this.#blocks[a] = this.#blocks[b] ?? 0
    this.#times[b] = time
    this.#blocks[b] = block
  }
}
