/** ExaBGP sends a change within milliseconds unless a neighbour is slow; after this long it is taken for sent. */
const PENDING_MS = 60_000

/** Which routes changed so lately that ExaBGP may not have sent the change. Times are monotonic milliseconds. */
export class Lately<K> {
  #recent = new Set<K>()
  #older = new Set<K>()
  #turned: number
  readonly #allUntil: number

  /** @param all whether any may have changed just before `now` */
  constructor(now: number, all: boolean) {
    this.#turned = now
    this.#allUntil = all ? now + PENDING_MS : now
  }

  note(key: K): void {
    this.#recent.add(key)
  }

  has(key: K, now: number): boolean {
    return now < this.#allUntil || this.#recent.has(key) || this.#older.has(key)
  }

  /** Forgets what was noted long ago. */
  turn(now: number): void {
    if (now - this.#turned < PENDING_MS) return
    this.#older = now - this.#turned < 2 * PENDING_MS ? this.#recent : new Set()
    this.#recent = new Set()
    this.#turned = now
  }
}
