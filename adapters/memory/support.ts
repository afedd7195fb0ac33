import { componentNames } from '../../src/domain/match.ts'
import { isIdentityKind, type Rule, ruleFamily } from '../../src/domain/rule.ts'
import type { Capabilities } from '../adapter.ts'

/** Why a device with these capabilities cannot hold the rule; `undefined` when it can. */
export function whyUnsupported(rule: Rule, capabilities: Capabilities): string | undefined {
  if (!capabilities.kinds.includes(rule.kind)) return `no rules of kind ${rule.kind}`
  const family = ruleFamily(rule)
  if (family !== undefined && !capabilities.families.includes(family)) return `no IPv${family}`
  if (isIdentityKind(rule.kind) && !capabilities.actions.includes(rule.action.do))
    return `no action ${rule.action.do}`
  if (!('match' in rule)) return undefined
  if (!capabilities.actions.includes(rule.action.do)) return `no action ${rule.action.do}`
  if (rule.match.except !== undefined && capabilities.exceptions !== true) return 'makes no exceptions'
  if (rule.match.keep !== undefined && capabilities.keeps !== true) return 'keeps no control traffic'
  const missing = componentNames(rule.match.components).filter(
    (name) => !capabilities.components.includes(name),
  )
  return missing.length === 0 ? undefined : `cannot match ${missing.join(', ')}`
}
