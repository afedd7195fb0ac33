import type { Action, Rule } from '../domain/rule.ts'
import type { Entry } from './entry.ts'

/** What a device's table needs to know of its device. */
export interface TableOptions {
  readonly maxEntries: number
  readonly batch: number
  /** One bit for each enforcer at which a rule is witnessed; 0 where nobody can look. */
  readonly enforcers: (rule: Rule) => number
  /** The action that a block asks of a rule, to find the strictest when several want it. */
  readonly actionOf: (block: number, rule: Rule) => Action | undefined
  /** Whether a block has been in force on the device before. */
  readonly wasInForce: (block: number) => boolean
  /** Called after anything about an entry that people may ask about has changed. */
  readonly onEntry: (entry: Entry) => void
}
