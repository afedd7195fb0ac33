import { type EntryRule, isSwitch, type Rule } from '../../src/domain/rule.ts'
import type { Change, Outcome } from '../adapter.ts'
import type { EntryChange } from './device.ts'

export interface Admission {
  /** What must be written, as it is not so already. */
  readonly needed: EntryChange
  /** Of what is refused before the device hears of it. */
  readonly outcomes: Map<string, Outcome>
}

/** Sorts out what the device cannot hold, what would be more than it may hold, and what is so already. */
export function admit(
  change: Change,
  held: ReadonlyMap<string, EntryRule>,
  maxEntries: number,
  whyUnsupported: (rule: EntryRule) => string | undefined,
): Admission {
  const outcomes = new Map<string, Outcome>()
  const remove = change.remove.filter((rule): rule is EntryRule => held.has(rule.key))
  let room = maxEntries - held.size + remove.length
  const put: EntryRule[] = []
  for (const rule of entriesAmong(change.put)) {
    const why = whyUnsupported(rule)
    if (why !== undefined) outcomes.set(rule.key, { result: 'failed', class: 'unsupported', words: why })
    else if (held.has(rule.key)) continue
    else if (room > 0) {
      room -= 1
      put.push(rule)
    } else
      outcomes.set(rule.key, {
        ...{ result: 'failed', class: 'capacity' },
        words: `${maxEntries} entries stand already (maxEntries)`,
      })
  }
  return { needed: { put, remove }, outcomes }
}

function entriesAmong(rules: readonly Rule[]): EntryRule[] {
  return rules.filter((rule): rule is EntryRule => !isSwitch(rule))
}
