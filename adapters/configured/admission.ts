import { type EntryRule, isSwitch, type Rule } from '../../src/domain/rule.ts'
import type { Change, Outcome } from '../adapter.ts'
import type { EntryChange } from './device.ts'

export interface Admission {
  /** What must be written, as it is not so already. */
  readonly needed: EntryChange
  /** Of what is refused before the device hears of it. */
  readonly outcomes: Map<string, Outcome>
}

/** What stands, and what stands without being in effect. */
export interface Standing {
  readonly held: ReadonlyMap<string, EntryRule>
  readonly unsettled: ReadonlyMap<string, EntryRule>
}

/** Sorts out what the device cannot hold, what would be more than it may hold, and what is so already. */
export function admit(
  change: Change,
  { held, unsettled }: Standing,
  maxEntries: number,
  whyUnsupported: (rule: EntryRule) => string | undefined,
): Admission {
  const outcomes = new Map<string, Outcome>()
  const remove = change.remove.filter(
    (rule): rule is EntryRule => held.has(rule.key) || unsettled.has(rule.key),
  )
  let room = maxEntries - held.size - unsettled.size + remove.length
  const put: EntryRule[] = []
  for (const rule of entriesAmong(change.put)) {
    const why = whyUnsupported(rule)
    if (why !== undefined) outcomes.set(rule.key, { result: 'failed', class: 'unsupported', words: why })
    else if (held.has(rule.key)) continue
    else if (unsettled.has(rule.key)) put.push(rule)
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
