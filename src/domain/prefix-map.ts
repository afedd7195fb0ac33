import {
  comparePrefixes,
  type Prefix,
  prefixContains,
  prefixFamily,
  prefixLength,
  widenPrefix,
} from './prefix.ts'

/**
 * A map from prefixes to values that finds every entry covering a prefix. Such a lookup costs one hash probe for
 * each prefix length in use, however many entries there are.
 */
export class PrefixMap<V> {
  readonly #entries = new Map<Prefix, V>()
  /** How many entries have each length; index 4 or 6, then the length. */
  readonly #lengths: Readonly<Record<4 | 6, Map<number, number>>> = { 4: new Map(), 6: new Map() }

  get size(): number {
    return this.#entries.size
  }

  get(prefix: Prefix): V | undefined {
    return this.#entries.get(prefix)
  }

  set(prefix: Prefix, value: V): void {
    if (!this.#entries.has(prefix)) this.#count(prefix, 1)
    this.#entries.set(prefix, value)
  }

  delete(prefix: Prefix): boolean {
    if (!this.#entries.delete(prefix)) return false
    this.#count(prefix, -1)
    return true
  }

  entries(): IterableIterator<[Prefix, V]> {
    return this.#entries.entries()
  }

  /** Whether an entry contains all of `prefix`. */
  covers(prefix: Prefix): boolean {
    const longest = prefixLength(prefix)
    for (const length of this.#lengths[prefixFamily(prefix)].keys()) {
      if (length > longest) continue
      if (this.#entries.has(length === longest ? prefix : widenPrefix(prefix, length))) return true
    }
    return false
  }

  /** Entries whose prefix contains all of `prefix`, itself too, the widest first. */
  covering(prefix: Prefix): [Prefix, V][] {
    if (this.#entries.size === 0) return []
    const longest = prefixLength(prefix)
    const found: [Prefix, V][] = []
    for (const length of this.#lengths[prefixFamily(prefix)].keys()) {
      if (length > longest) continue
      const wider = length === longest ? prefix : widenPrefix(prefix, length)
      const value = this.#entries.get(wider)
      if (value !== undefined) found.push([wider, value])
    }
    return found.sort((a, b) => prefixLength(a[0]) - prefixLength(b[0]))
  }

  /** Entries whose prefix lies strictly inside `prefix`, in address order; reads every entry. */
  inside(prefix: Prefix): [Prefix, V][] {
    if (this.#entries.size === 0) return []
    const longer = [...this.#lengths[prefixFamily(prefix)].keys()].some(
      (length) => length > prefixLength(prefix),
    )
    if (!longer) return []
    return [...this.#entries]
      .filter(([entry]) => entry !== prefix && prefixContains(prefix, entry))
      .sort((a, b) => comparePrefixes(a[0], b[0]))
  }

  /** Entries that share an address with `prefix`. */
  overlapping(prefix: Prefix): [Prefix, V][] {
    return [...this.covering(prefix), ...this.inside(prefix)]
  }

  #count(prefix: Prefix, change: number): void {
    const counts = this.#lengths[prefixFamily(prefix)]
    const length = prefixLength(prefix)
    const count = (counts.get(length) ?? 0) + change
    if (count === 0) counts.delete(length)
    else counts.set(length, count)
  }
}
