import type { Static, TSchema } from 'typebox'
import type { Rule, RuleKind } from '../src/domain/rule.ts'
import type { AdapterEnv } from './adapter.ts'

/**
 * The contract of what only watches an enforcing router: a control socket, a route collector, counters. It is
 * configured under a device's `enforcers` and can prove what a BGP speaker cannot.
 */
export interface WitnessAdapter<S extends TSchema = TSchema> {
  readonly kind: string
  readonly configSchema: S
  /** What the schema cannot say: why it cannot be configured so; `undefined` when it can. */
  whyUnusable?(config: Static<S>): string | undefined
  /** So configured, it never sees rules of other kinds, and their evidence does not wait for it. */
  kinds(config: Static<S>): readonly RuleKind[]
  /** Starts watching; connection trouble is reported through `onTrouble`, never thrown later. */
  open(config: Static<S>, env: AdapterEnv): Promise<WitnessSession>
}

export interface WitnessSession {
  /**
   * Expects each rule to be there, or not to be there, from now on. The first sight that agrees is reported, and
   * after it every change. A new expectation for a key replaces the old one.
   */
  watch(expected: readonly Expectation[], onSeen: (seen: Seen) => void): void
  /** Stops watching these keys. */
  forget(keys: readonly string[]): void
  /** Why a rule is not as expected, in words for people, where the router lets it be known. */
  whyNot?(key: string): string | undefined
  /** Called when the router cannot be read, and with `undefined` when it can be again. */
  onTrouble(listener: (words: string | undefined) => void): void
  close(): Promise<void>
}

export interface Expectation {
  readonly rule: Rule
  readonly present: boolean
}

export interface Seen {
  readonly key: string
  /** Whether the enforcing router has the rule in effect. */
  readonly present: boolean
}
