import type { Family, Prefix } from '../../src/domain/prefix.ts'
import type { FilterRule, Rule } from '../../src/domain/rule.ts'

/** A rule as a list has it: one prefix, and whether it is where packets come from or go to. */
export interface ListedRule {
  readonly rule: FilterRule
  readonly end: 'from' | 'to'
  readonly prefix: Prefix
  readonly family: Family
}

/** A condition of the list that people should see. */
export interface Remark {
  readonly code: string
  readonly ok: boolean
  readonly words: string
}

/** What one list holds. It outlives every session, so that whoever pulls sees no gap when one ends. */
export class HeldList {
  readonly #rules = new Map<string, ListedRule>()
  readonly #watchers = new Set<(key: string) => void>()
  readonly #remarks = new Set<(remark: Remark) => void>()
  #version = 0
  #ready = false

  /** By key, oldest first. */
  get rules(): ReadonlyMap<string, ListedRule> {
    return this.#rules
  }

  /** Another number after each change. */
  get version(): number {
    return this.#version
  }

  /** Whether everything that was wanted at the start is here: before that it must not be taken for the list. */
  get ready(): boolean {
    return this.#ready
  }

  settle(): void {
    this.#ready = true
  }

  put(listed: ListedRule): void {
    const { key } = listed.rule
    if (this.#rules.has(key)) return
    this.#rules.set(key, listed)
    this.#changed(key)
  }

  remove(key: string): void {
    if (this.#rules.delete(key)) this.#changed(key)
  }

  /** Tells the key of each rule that comes or goes; the returned function ends that. */
  watch(changed: (key: string) => void): () => void {
    this.#watchers.add(changed)
    return () => this.#watchers.delete(changed)
  }

  /** Says what whoever serves the list has found; heard by a session, if there is one. */
  say(remark: Remark): void {
    for (const heard of [...this.#remarks]) heard(remark)
  }

  hear(heard: (remark: Remark) => void): () => void {
    this.#remarks.add(heard)
    return () => this.#remarks.delete(heard)
  }

  #changed(key: string): void {
    this.#version += 1
    for (const changed of [...this.#watchers]) changed(key)
  }
}

/** The rule as a list has it. @returns why no list can have it */
export function listed(rule: Rule): ListedRule | string {
  if (rule.kind !== 'acl') return `no rules of kind ${rule.kind}`
  if (rule.action.do !== 'drop') return `who pulls a list can only drop, and not ${rule.action.do}`
  const { destination, source, components, except, keep, family } = rule.match
  const more = Object.keys(components).length > 0 || except !== undefined || keep !== undefined
  const both = destination !== undefined && source !== undefined
  const prefix = destination ?? source
  if (more || both || prefix === undefined) return 'a list has a prefix at one end, and nothing more'
  return { rule, end: destination === undefined ? 'from' : 'to', prefix, family }
}
