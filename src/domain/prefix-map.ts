import { type Family, type Prefix, prefixBits, prefixFamily, prefixLength } from './prefix.ts'

const WIDTH = { 4: 32, 6: 128 } as const

/**
 * A map from prefixes to values that finds every entry covering a prefix, and every entry inside it. A covering
 * lookup costs one hash probe for each prefix length in use, however many entries there are.
 */
export class PrefixMap<V> {
  readonly #lengths: Record<Family, Map<number, Map<bigint, { prefix: Prefix; value: V }>>> = {
    4: new Map(),
    6: new Map(),
  }
  #size = 0

  get size(): number {
    return this.#size
  }

  get(prefix: Prefix): V | undefined {
    return this.#lengths[prefixFamily(prefix)].get(prefixLength(prefix))?.get(prefixBits(prefix))?.value
  }

  set(prefix: Prefix, value: V): void {
    const lengths = this.#lengths[prefixFamily(prefix)]
    const length = prefixLength(prefix)
    let entries = lengths.get(length)
    if (entries === undefined) {
      entries = new Map()
      lengths.set(length, entries)
    }
    const bits = prefixBits(prefix)
    if (!entries.has(bits)) this.#size += 1
    entries.set(bits, { prefix, value })
  }

  delete(prefix: Prefix): boolean {
    const lengths = this.#lengths[prefixFamily(prefix)]
    const length = prefixLength(prefix)
    const entries = lengths.get(length)
    if (entries === undefined || !entries.delete(prefixBits(prefix))) return false
    if (entries.size === 0) lengths.delete(length)
    this.#size -= 1
    return true
  }

  /** Entries whose prefix contains all of `prefix`, the widest first. */
  covering(prefix: Prefix): { prefix: Prefix; value: V }[] {
    const family = prefixFamily(prefix)
    const bits = prefixBits(prefix)
    const longest = prefixLength(prefix)
    const found: { prefix: Prefix; value: V }[] = []
    for (const [length, entries] of this.#lengths[family]) {
      if (length > longest) continue
      const host = BigInt(WIDTH[family] - length)
      const entry = entries.get((bits >> host) << host)
      if (entry !== undefined) found.push(entry)
    }
    return found.sort((a, b) => prefixLength(a.prefix) - prefixLength(b.prefix))
  }

  /** Entries whose prefix lies strictly inside `prefix`; reads every longer entry of the family. */
  inside(prefix: Prefix): { prefix: Prefix; value: V }[] {
    const family = prefixFamily(prefix)
    const length = prefixLength(prefix)
    const host = BigInt(WIDTH[family] - length)
    const network = prefixBits(prefix) >> host
    const found: { prefix: Prefix; value: V }[] = []
    for (const [longer, entries] of this.#lengths[family]) {
      if (longer <= length) continue
      for (const [bits, entry] of entries) if (bits >> host === network) found.push(entry)
    }
    return found
  }

  /** Entries that share an address with `prefix`. */
  overlapping(prefix: Prefix): { prefix: Prefix; value: V }[] {
    return [...this.covering(prefix), ...this.inside(prefix)]
  }
}
