/** Buckets for each doubling: a time that is told is off by at most 4.5 %. */
const PER_DOUBLING = 8

/**
 * How long things took, in milliseconds: counts in buckets whose bounds grow by 2^(1/8) each, so that what was counted
 * apart can be put together. The longest and the number are exact.
 */
export class Durations {
  /** Made when something is counted: most are never needed. */
  #buckets: Map<number, number> | undefined
  #count = 0
  #longest = 0

  get count(): number {
    return this.#count
  }

  get longest(): number {
    return this.#longest
  }

  add(ms: number): void {
    const taken = Math.max(0, ms)
    const bucket = Math.ceil(Math.log2(Math.max(1, taken)) * PER_DOUBLING)
    this.#put(bucket, 1)
    this.#longest = Math.max(this.#longest, taken)
  }

  addAll(other: Durations): void {
    for (const [bucket, count] of other.#buckets ?? []) this.#put(bucket, count)
    this.#longest = Math.max(this.#longest, other.#longest)
  }

  /**
   * What this share of them did not exceed (nearest rank), within 4.5 %; undefined where there are none.
   * @param share from 0 to 1
   */
  quantile(share: number): number | undefined {
    if (this.#buckets === undefined) return undefined
    const rank = Math.max(1, Math.ceil(share * this.#count))
    let before = 0
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      before += count
      if (before >= rank) return Math.min(this.#longest, 2 ** ((bucket - 0.5) / PER_DOUBLING))
    }
    return this.#longest
  }

  #put(bucket: number, count: number): void {
    this.#buckets ??= new Map()
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count)
    this.#count += count
  }
}
