import type { Action, Rule } from '../domain/rule.ts'
import type { Entry } from './entry.ts'

/** What a device's table needs to know of its device. */
export interface TableOptions {
  readonly maxEntries: number
  readonly batch: number
  /** One bit for each enforcer at which a rule is witnessed; 0 where nobody can look. */
  readonly enforcers: (rule: Rule) => number
  /** The action that a block asks for, to find the strictest when several want one rule. */
  readonly actionOf: (block: number) => Action | undefined
  /** Called after anything about an entry that people may ask about has changed. */
  readonly onEntry: (entry: Entry) => void
}
