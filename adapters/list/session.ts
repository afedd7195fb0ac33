import type { Rule } from '../../src/domain/rule.ts'
import {
  AdapterError,
  type Change,
  type DeviceChange,
  type Observed,
  type Outcome,
  type Receipt,
  type Session,
} from '../adapter.ts'
import { type HeldList, listed } from './held.ts'

/** That a rule can be pulled says nothing of who did. */
const DONE: Outcome = { result: 'done', evidence: 'none' }

export class ListSession implements Session {
  readonly #list: HeldList
  readonly #maxEntries: number
  #unhear: () => void = () => {}
  #over = false

  constructor(list: HeldList, maxEntries: number) {
    this.#list = list
    this.#maxEntries = maxEntries
  }

  async observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    this.#refuseOver(signal)
    const { rules } = this.#list
    const keys = what === 'all' ? [...rules.keys()] : [...new Set(what.map(({ key }) => key))]
    return {
      rules: keys.flatMap((key) => rules.get(key)?.rule ?? []),
      uncertain: [],
      evidence: 'none',
      foreign: 0,
    }
  }

  async apply({ put, remove }: Change, signal: AbortSignal): Promise<Receipt> {
    this.#refuseOver(signal)
    const outcomes = new Map<string, Outcome>()
    for (const { key } of remove) {
      this.#list.remove(key)
      outcomes.set(key, DONE)
    }
    for (const rule of put) outcomes.set(rule.key, this.#put(rule))
    return outcomes
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#unhear()
    this.#unhear = this.#list.hear((remark) => listener({ type: 'status', ...remark }))
  }

  async settled(): Promise<void> {
    this.#list.settle()
  }

  async close(): Promise<void> {
    this.#over = true
    this.#unhear()
  }

  #put(rule: Rule): Outcome {
    const entry = listed(rule)
    if (typeof entry === 'string') return { result: 'failed', class: 'unsupported', words: entry }
    const { rules } = this.#list
    if (!rules.has(rule.key) && rules.size >= this.#maxEntries) {
      const words = `the list may have ${this.#maxEntries} entries and no more`
      return { result: 'failed', class: 'capacity', words }
    }
    this.#list.put(entry)
    return DONE
  }

  #refuseOver(signal: AbortSignal): void {
    if (this.#over) throw new AdapterError('unreachable', 'the session was closed')
    if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
  }
}
