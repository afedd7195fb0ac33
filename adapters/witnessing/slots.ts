import type { Rule } from '../../src/domain/rule.ts'

/** What stands for a rule in a BGP router: the route of its prefix, or the flow route; an access list is in none. */
export function routeSlot(rule: Rule): string | undefined {
  if ('prefix' in rule) return rule.prefix
  return rule.kind === 'flow' ? rule.key : undefined
}
