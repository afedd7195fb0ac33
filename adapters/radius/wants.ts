import { isStationName, type SwitchRule } from '../../src/domain/rule.ts'
import { type Kept, type KeptByName, memoText } from './memo.ts'

/** What is to become of a session: that of whoever is blocked, that of who is quarantined, or anybody's. */
export type Want = 'end' | 'quarantine' | 'none'

/** Other names of one user are remembered for so many. */
const MOST_LINKS = 8

/** Whom we keep without session, under whatever names, and whom we are about to let go. */
export class Wants {
  readonly #kept: Map<string, Kept>
  readonly #leaving = new Set<string>()
  /** Whose links a name is among. */
  readonly #owners = new Map<string, Set<string>>()

  constructor(kept: KeptByName) {
    this.#kept = new Map(kept)
    for (const [name, { links }] of kept) for (const link of links) this.#own(link, name)
  }

  get size(): number {
    return this.#kept.size
  }

  get names(): readonly string[] {
    return [...this.#kept.keys()]
  }

  /** Equal wants are equal texts. */
  get memo(): string {
    return memoText(this.#kept)
  }

  get(name: string): Kept | undefined {
    return this.#kept.get(name)
  }

  isLeaving(name: string): boolean {
    return this.#leaving.has(name)
  }

  keep(rule: SwitchRule): void {
    this.#leaving.delete(rule.name)
    this.#kept.set(rule.name, { rule, links: this.#kept.get(rule.name)?.links ?? [] })
  }

  /** From now on nothing is wanted of theirs; it is remembered until {@link forget}. */
  leave(name: string): void {
    if (this.#kept.has(name)) this.#leaving.add(name)
  }

  forget(name: string): void {
    for (const link of this.#kept.get(name)?.links ?? []) this.#disown(link, name)
    this.#kept.delete(name)
    this.#leaving.delete(name)
  }

  /** All names of one whom we keep. */
  allOf(name: string): readonly string[] {
    return [name, ...(this.#kept.get(name)?.links ?? [])]
  }

  /** Whom we keep that goes by one of these names. */
  ownersOf(names: readonly string[]): readonly string[] {
    const owners = names.flatMap((name) => [
      ...(this.#kept.has(name) ? [name] : []),
      ...(this.#owners.get(name) ?? []),
    ])
    return [...new Set(owners)]
  }

  /** The strictest that is wanted of a session under these names. */
  of(names: readonly string[]): Want {
    let want: Want = 'none'
    for (const owner of this.ownersOf(names)) {
      const kept = this.#kept.get(owner)
      if (kept === undefined || this.#leaving.has(owner)) continue
      if (kept.rule.action.do !== 'quarantine') return 'end'
      want = 'quarantine'
    }
    return want
  }

  /** The same user was seen under another name. @returns whether that is news */
  link(owner: string, name: string): boolean {
    const kept = this.#kept.get(owner)
    if (kept === undefined || isStationName(owner) || name === owner || kept.links.includes(name))
      return false
    const links = [...kept.links, name]
    for (const old of links.splice(0, links.length - MOST_LINKS)) this.#disown(old, owner)
    this.#kept.set(owner, { ...kept, links })
    this.#own(name, owner)
    return true
  }

  #own(link: string, owner: string): void {
    this.#owners.set(link, (this.#owners.get(link) ?? new Set()).add(owner))
  }

  #disown(link: string, owner: string): void {
    const owners = this.#owners.get(link)
    owners?.delete(owner)
    if (owners?.size === 0) this.#owners.delete(link)
  }
}
