import type { Clock } from '../../domain/clock.ts'
import { inTurns } from '../../domain/in-turns.ts'
import type { Prefix } from '../../domain/prefix.ts'
import type { Term } from './lease.ts'
import type { PulledList } from './pulled-list.ts'

/** What is known of the blocks behind a list. */
export interface BlocksBehind {
  /** How long the blocks that want a rule want it, together. `undefined` when none wants it any more: it is about to go. */
  termOf(key: string): Term | undefined
  /**
   * Keys of the rules that a block has on the list, and whether the list's device knows already that the block wants
   * them.
   */
  rulesOf(block: number): { readonly keys: readonly string[]; readonly known: boolean }
}

/** More than these are not remembered one by one: then everything is looked at. */
const MOST_REMEMBERED = 50_000

/** Which sources a list names, and for how long: kept up with what changes, and never looked at whole but at first. */
export class ListTerms {
  readonly terms = new Map<Prefix, Term>()
  readonly #list: PulledList
  readonly #blocks: BlocksBehind
  readonly #clock: Clock
  readonly #prefixes = new Map<string, Prefix>()
  #keys = new Set<string>()
  #changed = new Set<number>()
  #everything = true

  constructor(list: PulledList, blocks: BlocksBehind, clock: Clock) {
    this.#list = list
    this.#blocks = blocks
    this.#clock = clock
    list.watch((key) => {
      if (this.#keys.size < MOST_REMEMBERED) this.#keys.add(key)
      else this.touchAll()
    })
  }

  /** A block has changed, and with it perhaps how long its rules stay. */
  touch(block: number): void {
    if (this.#changed.size < MOST_REMEMBERED) this.#changed.add(block)
    else this.touchAll()
  }

  touchAll(): void {
    this.#everything = true
    this.#keys.clear()
    this.#changed.clear()
  }

  /** Takes in what has changed since the last time. @returns prefixes that came, went or end at another time */
  async refresh(): Promise<Prefix[]> {
    const keys = this.#everything ? this.#all() : [...this.#keys]
    this.#everything = false
    const blocks = this.#changed
    this.#keys = new Set()
    this.#changed = new Set()
    await inTurns(this.#clock, [...blocks], (block) => {
      const rules = this.#blocks.rulesOf(block)
      keys.push(...rules.keys)
      if (!rules.known) this.#changed.add(block)
    })
    const changed = await inTurns(this.#clock, keys, (key) => this.#look(key))
    return changed.filter((prefix) => prefix !== undefined)
  }

  /** Keys of all that is there, and of what was and is not. */
  #all(): string[] {
    const { rules } = this.#list
    return [...rules.keys(), ...[...this.#prefixes.keys()].filter((key) => !rules.has(key))]
  }

  #look(key: string): Prefix | undefined {
    const rule = this.#list.rules.get(key)
    if (rule === undefined) return this.#drop(key)
    if (rule.end !== 'from') return undefined
    const { prefix } = rule
    const before = this.terms.get(prefix)
    // What is about to go ends when it was to end, so that nobody hears another time of it first.
    const term = this.#blocks.termOf(key) ?? before
    if (term === undefined) return undefined
    this.#prefixes.set(key, prefix)
    this.terms.set(prefix, term)
    return term.end === before?.end ? undefined : prefix
  }

  #drop(key: string): Prefix | undefined {
    const prefix = this.#prefixes.get(key)
    if (prefix === undefined) return undefined
    this.#prefixes.delete(key)
    this.terms.delete(prefix)
    return prefix
  }
}
