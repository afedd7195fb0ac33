import type { Observed } from '../../adapters/adapter.ts'
import type { Rule } from '../domain/rule.ts'
import type { Entry } from './entry.ts'
import { inSteps } from './in-steps.ts'

/** What is known of one rule from a full reading: it stands there as `found`, or not, or nobody knows. */
export type Sight = { readonly found: Rule | undefined } | 'uncertain'

/**
 * Goes through a full reading in steps: first each rule that the device holds, so that it has an entry, then what
 * was seen of each entry, those that came meanwhile too.
 */
export function* throughReading(
  observed: Observed,
  entries: ReadonlyMap<string, Entry>,
  note: (rule: Rule) => void,
  sight: (entry: Entry, seen: Sight) => void,
): Generator<void, void> {
  const found = new Map<string, Rule>()
  for (const rule of inSteps(observed.rules)) {
    if (rule === undefined) yield
    else found.set(rule.key, rule)
  }
  const uncertain = new Set(observed.uncertain.map((rule) => rule.key))
  for (const rule of inSteps([...observed.rules, ...observed.uncertain])) {
    if (rule === undefined) yield
    else note(rule)
  }
  for (const entry of inSteps(entries.values())) {
    if (entry === undefined) yield
    else sight(entry, uncertain.has(entry.rule.key) ? 'uncertain' : { found: found.get(entry.rule.key) })
  }
}
