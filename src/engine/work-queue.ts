/** Keys of rules by what is to be done about them: told to the device, tried again later, or agreed to by a person. */
export class WorkQueue {
  /** Those that someone waits for, and the rest. */
  readonly #urgent = new Set<string>()
  readonly #bulk = new Set<string>()
  /** Those that failed and wait to be tried again, for want of space among others. */
  readonly #parked = new Set<string>()
  /** Those that a person must agree to. */
  readonly #withheld = new Set<string>()

  /** How many are to be told. */
  get size(): number {
    return this.#urgent.size + this.#bulk.size
  }

  get parked(): ReadonlySet<string> {
    return this.#parked
  }

  get withheld(): ReadonlySet<string> {
    return this.#withheld
  }

  add(key: string, urgent: boolean): void {
    if (urgent) {
      this.#bulk.delete(key)
      this.#urgent.add(key)
    } else if (!this.#urgent.has(key)) this.#bulk.add(key)
  }

  /** Nothing is to be told about it now. */
  drop(key: string): void {
    this.#urgent.delete(key)
    this.#bulk.delete(key)
  }

  /** Takes keys out, the urgent ones first and by themselves, as long as `take` says that there is room for more. */
  drain(take: (key: string) => boolean): void {
    const queue = this.#urgent.size > 0 ? this.#urgent : this.#bulk
    for (const key of queue) {
      queue.delete(key)
      if (!take(key)) return
    }
  }

  park(key: string): void {
    this.#parked.add(key)
  }

  unpark(key: string): void {
    this.#parked.delete(key)
  }

  withhold(key: string): void {
    this.#withheld.add(key)
    this.drop(key)
  }

  allow(key: string): void {
    this.#withheld.delete(key)
  }

  /** After a full reading, nothing that failed or waited before counts. */
  startAnew(): void {
    this.#parked.clear()
    this.#withheld.clear()
  }

  forget(key: string): void {
    this.drop(key)
    this.#parked.delete(key)
    this.#withheld.delete(key)
  }
}
