import type { Rule } from '../../src/domain/rule.ts'
import type { Expectation, Seen } from '../witness.ts'

export interface Watched {
  readonly rule: Rule
  /** What stands for it in the router: two rules for one prefix are one route. */
  readonly slot: string
  readonly present: boolean
  readonly onSeen: (seen: Seen) => void
  /** What was reported last. */
  told: boolean | undefined
}

/** What is expected of a router, and what was reported of it. Each call costs the same however much is expected. */
export class Expectations {
  readonly #slotOf: (rule: Rule) => string | undefined
  readonly #byKey = new Map<string, Watched>()
  /** One is kept without a set: nearly always there is no other. */
  readonly #bySlot = new Map<string, Watched | Set<Watched>>()

  /** @param slotOf undefined for a rule that the witness cannot see */
  constructor(slotOf: (rule: Rule) => string | undefined) {
    this.#slotOf = slotOf
  }

  get size(): number {
    return this.#byKey.size
  }

  add({ rule, present }: Expectation, onSeen: (seen: Seen) => void): Watched | undefined {
    const slot = this.#slotOf(rule)
    if (slot === undefined) return undefined
    this.remove(rule.key)
    const watched: Watched = { rule, slot, present, onSeen, told: undefined }
    this.#byKey.set(rule.key, watched)
    const same = this.#bySlot.get(slot)
    if (same === undefined) this.#bySlot.set(slot, watched)
    else this.#bySlot.set(slot, same instanceof Set ? same.add(watched) : new Set([same, watched]))
    return watched
  }

  remove(key: string): void {
    const watched = this.#byKey.get(key)
    if (watched === undefined) return
    this.#byKey.delete(key)
    const same = this.#bySlot.get(watched.slot)
    if (same instanceof Set) same.delete(watched)
    if (same === watched || (same instanceof Set && same.size === 0)) this.#bySlot.delete(watched.slot)
  }

  get(key: string): Watched | undefined {
    return this.#byKey.get(key)
  }

  all(): Watched[] {
    return [...this.#byKey.values()]
  }

  at(slot: string): readonly Watched[] {
    const same = this.#bySlot.get(slot)
    return same === undefined ? [] : same instanceof Set ? [...same] : [same]
  }

  isExpected(watched: Watched): boolean {
    return this.#byKey.get(watched.rule.key) === watched
  }

  /** Takes a sight of the slot of a rule and reports what is new in it. Returns whether it is as expected. */
  see(watched: Watched, isThere: boolean): boolean {
    const present = isThere && !(this.#isSharedAway(watched) && !watched.present)
    const agrees = present === watched.present
    if (watched.told === present || (!agrees && watched.told === undefined)) return agrees
    watched.told = present
    watched.onSeen({ key: watched.rule.key, present })
    return agrees
  }

  /** The route stays for another rule with the same prefix: that this one has gone cannot be seen in the table. */
  #isSharedAway(watched: Watched): boolean {
    return this.at(watched.slot).some((other) => other !== watched && other.present)
  }
}
