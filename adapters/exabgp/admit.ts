import { prefixFamily } from '../../src/domain/prefix.ts'
import type { BlackholeRule, Rule } from '../../src/domain/rule.ts'
import type { Change, Outcome } from '../adapter.ts'
import { capabilitiesOf, type ExabgpConfig } from './config.ts'
import type { SlotChange, Slots } from './slots.ts'

/** The part of a change that can be told to the speaker; what cannot is answered in the receipt. */
export function admit(
  change: Change,
  config: ExabgpConfig,
  slots: Slots,
  receipt: Map<string, Outcome>,
): SlotChange {
  const { families, maxEntries } = capabilitiesOf(config)
  const refuse = (rule: Rule, errorClass: 'unsupported' | 'capacity', words: string): false => {
    receipt.set(rule.key, { result: 'failed', class: errorClass, words })
    return false
  }
  const isOurs = (rule: Rule): rule is BlackholeRule => {
    if (rule.kind !== 'd-rtbh') return refuse(rule, 'unsupported', `it cannot announce a ${rule.kind} rule`)
    const family = prefixFamily(rule.prefix)
    return families.includes(family) || refuse(rule, 'unsupported', `not every neighbour takes IPv${family}`)
  }
  const remove = change.remove.filter(isOurs)
  let room = maxEntries - slots.rules + remove.filter((rule) => slots.has(rule.prefix, rule.scope)).length
  const put = change.put.filter(isOurs).filter((rule) => {
    if (!(rule.scope in config.scopes)) {
      return refuse(rule, 'unsupported', `the scope ${rule.scope} is not configured`)
    }
    if (slots.has(rule.prefix, rule.scope)) return true
    room -= 1
    return room >= 0 || refuse(rule, 'capacity', `it may hold ${maxEntries} routes`)
  })
  return { put, remove }
}
