import type { Rule } from '../domain/rule.ts'
import { blocksOf, type Entry } from './entry.ts'

/**
 * How often a rule that someone else removed is put back: after that it is theirs (DESIGN §6.3). Who unlocks an account
 * means that one person, and is not contradicted once.
 */
const PUT_BACK = 1
const UNLOCKED_PUT_BACK = 0

/** Words for what someone else has undone. */
export function overriddenWords({ kind }: Rule): string {
  return kind === 'account-locked'
    ? 'overridden: someone else unlocked the account, so it stays unlocked until a person asks again'
    : 'overridden: someone else removed it twice, so it stays off until a person asks again'
}

/** What its blocks had locked before, and is not known to be locked now, was unlocked by somebody: maybe while nobody looked. */
export function wasUnlocked(entry: Entry, wasInForce: (block: number) => boolean): boolean {
  return entry.rule.kind === 'account-locked' && blocksOf(entry).every(wasInForce)
}

/** What went wrong with rules, by key, and must be remembered longer than one call. */
export class Mishaps {
  /** Keys under way that may have been held before: when they are refused, they still may be. */
  readonly #doubtful = new Set<string>()
  /** How often in a row the outcome was lost. */
  readonly #lost = new Map<string, number>()
  /** How often someone else removed it. */
  readonly #removed = new Map<string, number>()

  sentInDoubt(key: string): void {
    this.#doubtful.add(key)
  }

  /** Takes in that the device did, or did not, say what became of it. @returns whether it was sent in doubt */
  answered(key: string, told: boolean): boolean {
    if (told) this.#lost.delete(key)
    else this.#lost.set(key, (this.#lost.get(key) ?? 0) + 1)
    return this.#doubtful.delete(key)
  }

  /** Whether the device did not say what became of it more than once in a row. */
  isLostAgain(key: string): boolean {
    return (this.#lost.get(key) ?? 0) > 1
  }

  removedByOthers(key: string): void {
    this.#removed.set(key, (this.#removed.get(key) ?? 0) + 1)
  }

  /** Whether it was put back as often as it may be. */
  isOverridden({ key, kind }: Rule): boolean {
    return (this.#removed.get(key) ?? 0) > (kind === 'account-locked' ? UNLOCKED_PUT_BACK : PUT_BACK)
  }

  /** Someone asks for it anew. */
  forgive(key: string): void {
    this.#removed.delete(key)
  }

  forget(key: string): void {
    this.#doubtful.delete(key)
    this.#lost.delete(key)
    this.#removed.delete(key)
  }
}
