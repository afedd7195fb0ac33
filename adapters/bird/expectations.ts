import { type Family, type Prefix, prefixFamily } from '../../src/domain/prefix.ts'
import type { BlackholeRule } from '../../src/domain/rule.ts'
import type { Expectation, Seen } from '../witness.ts'

export interface Watched {
  readonly rule: BlackholeRule
  readonly prefix: Prefix
  readonly family: Family
  readonly present: boolean
  readonly onSeen: (seen: Seen) => void
  /** What was reported last. */
  told: boolean | undefined
  /** Monotonic, of the next look, while an agreeing sight is awaited. */
  due: number
  /** Between looks; grows. */
  wait: number
}

const FIRST_WAIT_MS = 1
const LONGEST_WAIT_MS = 1_000

/** What is expected, and what was seen of it. */
export class Expectations {
  readonly #watched = new Map<string, Watched>()
  readonly #awaited = new Set<Watched>()
  readonly #byPrefix = new Map<Prefix, Set<Watched>>()

  get size(): number {
    return this.#watched.size
  }

  /** A router's table has blackholes; what filters by ports and protocols is not in it and never seen. */
  add(expectation: Expectation, onSeen: (seen: Seen) => void, now: number): void {
    const { rule, present } = expectation
    if ('match' in rule) return
    this.remove(rule.key)
    const { prefix } = rule
    const watched: Watched = {
      rule,
      prefix,
      family: prefixFamily(prefix),
      present,
      onSeen,
      told: undefined,
      due: now,
      wait: FIRST_WAIT_MS,
    }
    this.#watched.set(rule.key, watched)
    this.#awaited.add(watched)
    const same = this.#byPrefix.get(prefix)
    if (same === undefined) this.#byPrefix.set(prefix, new Set([watched]))
    else same.add(watched)
  }

  remove(key: string): void {
    const watched = this.#watched.get(key)
    if (watched === undefined) return
    this.#watched.delete(key)
    this.#awaited.delete(watched)
    const same = this.#byPrefix.get(watched.prefix)
    same?.delete(watched)
    if (same?.size === 0) this.#byPrefix.delete(watched.prefix)
  }

  all(): Watched[] {
    return [...this.#watched.values()]
  }

  due(now: number): Watched[] {
    return [...this.#awaited].filter((watched) => watched.due <= now)
  }

  /** Monotonic, of the next look at something awaited. */
  nextDue(): number | undefined {
    let next: number | undefined
    for (const { due } of this.#awaited) if (next === undefined || due < next) next = due
    return next
  }

  /** Takes a sight of the prefix of a rule that is still watched, and reports what is new in it. */
  see(watched: Watched, blackholed: boolean, now: number): void {
    if (this.#watched.get(watched.rule.key) !== watched) return
    const present = blackholed && !(this.#isSharedAway(watched) && !watched.present)
    if (present === watched.present) {
      this.#awaited.delete(watched)
      watched.wait = FIRST_WAIT_MS
    } else {
      // Also when it was as expected before: a router that restarts gets its routes back within seconds.
      this.#awaited.add(watched)
      watched.due = now + watched.wait
      watched.wait = Math.min(watched.wait * 1.5, LONGEST_WAIT_MS)
      if (watched.told === undefined) return
    }
    if (watched.told === present) return
    watched.told = present
    watched.onSeen({ key: watched.rule.key, present })
  }

  /** The route stays for another rule with the same prefix: that this one has gone cannot be seen in the table. */
  #isSharedAway(watched: Watched): boolean {
    for (const other of this.#byPrefix.get(watched.prefix) ?? []) {
      if (other !== watched && other.present) return true
    }
    return false
  }
}
