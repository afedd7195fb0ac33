import type { Observed } from '../../adapters/adapter.ts'
import type { Rule } from '../domain/rule.ts'
import type { Entry } from './entry.ts'
import { inSteps } from './in-steps.ts'

/** What is known of one rule from a full reading: it stands there as `found`, or not, or nobody knows. */
export type Sight = { readonly found: Rule | undefined } | 'uncertain'

/** What was read of each of some rules, by key. */
export function sightsIn({ rules, uncertain }: Observed): (key: string) => Sight {
  const found = new Map(rules.map((rule) => [rule.key, rule]))
  const doubtful = new Set(uncertain.map((rule) => rule.key))
  return (key) => (doubtful.has(key) ? 'uncertain' : { found: found.get(key) })
}

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

/** The rules of the first `most` keys; one without an entry leaves the set. */
export function firstRules(keys: Set<string>, entries: ReadonlyMap<string, Entry>, most: number): Rule[] {
  const rules: Rule[] = []
  for (const key of keys) {
    const entry = entries.get(key)
    if (entry === undefined) keys.delete(key)
    else rules.push(entry.rule)
    if (rules.length >= most) break
  }
  return rules
}
