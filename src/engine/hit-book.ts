import type { Counters } from '../../adapters/adapter.ts'

/** What one rule has dropped or limited on one device. */
export interface Hits {
  readonly packets: number
  readonly bytes: number
  /** How often the device began to count anew; what it had counted since the reading before is lost each time. */
  readonly resets: number
  /** When it was first seen to have counted more than at the reading before. */
  readonly lastHit: number | undefined
}

interface Kept extends Hits {
  /** What the device said last. */
  readonly seen: { readonly packets: number; readonly bytes: number }
}

/** Counters of one device as totals that never fall. Only rules that met something take room. */
export class HitBook {
  readonly #kept = new Map<string, Kept>()
  /** Whether all were read once: from then on, what is not kept was at zero. */
  #based = false
  /** What was seen to be added, of all rules, those too that are gone. */
  packets = 0
  bytes = 0

  get size(): number {
    return this.#kept.size
  }

  of(key: string): Hits | undefined {
    return this.#kept.get(key)
  }

  /** Takes in counters of all rules; `holds`, whether the device still has the rule. */
  takeAll(counters: Counters, at: number, holds: (key: string) => boolean): void {
    for (const [key, kept] of this.#kept) {
      if (!holds(key)) this.#kept.delete(key)
      else if (!counters.has(key) && kept.seen.packets > 0) this.#take(key, NOTHING, at)
    }
    for (const [key, counter] of counters) if (holds(key)) this.#take(key, counter, at)
    this.#based = true
  }

  /** Takes in counters of these rules alone. */
  takeSome(keys: readonly string[], counters: Counters, at: number): void {
    for (const key of keys) this.#take(key, counters.get(key) ?? NOTHING, at)
  }

  #take(key: string, seen: Kept['seen'], at: number): void {
    const before = this.#kept.get(key)
    if (before === undefined) {
      if (seen.packets === 0) return
      const lastHit = this.#based ? at : undefined
      if (this.#based) this.#add(seen.packets, seen.bytes)
      this.#kept.set(key, { packets: seen.packets, bytes: seen.bytes, resets: 0, lastHit, seen })
      return
    }
    const anew = seen.packets < before.seen.packets
    const packets = seen.packets - (anew ? 0 : before.seen.packets)
    const bytes = seen.bytes - (anew ? 0 : before.seen.bytes)
    if (packets === 0 && !anew) return
    this.#add(packets, bytes)
    this.#kept.set(key, {
      packets: before.packets + packets,
      bytes: before.bytes + bytes,
      resets: before.resets + (anew ? 1 : 0),
      lastHit: packets > 0 ? at : before.lastHit,
      seen,
    })
  }

  #add(packets: number, bytes: number): void {
    this.packets += packets
    this.bytes += bytes
  }
}

const NOTHING = Object.freeze({ packets: 0, bytes: 0 })
