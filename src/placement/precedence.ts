import { DISJOINT, INEXPRESSIBLE, intersectMatches } from '../domain/match-sets.ts'
import { compareActions, type FilterRule, filterRule } from '../domain/rule.ts'
import { compareFlowOrder } from './flow-order.ts'

/** What becomes of two flow rules on routers where the first that matches decides. */
export type Meeting =
  /** Neither keeps the other from what it does. */
  | 'apart'
  /** The weaker is tried first, and a rule for what is in both, tried before it, makes the stricter hold. */
  | { readonly strict: FilterRule; readonly weak: FilterRule; readonly intersection: FilterRule }
  /** The weaker is tried first and no rule can mend that. */
  | { readonly strict: FilterRule; readonly weak: FilterRule; readonly intersection: undefined }

/**
 * How two flow rules with different actions meet. What is in both must get the stricter action. Only for a drop is an
 * intersection made: one with a rate would have a rate of its own beside that of the rest, and any that lets packets
 * pass would itself be tried before other rules.
 */
export function meet(a: FilterRule, b: FilterRule): Meeting {
  const strictness = compareActions(a.action, b.action)
  if (strictness === 0) return 'apart'
  const [strict, weak] = strictness < 0 ? [a, b] : [b, a]
  if (compareFlowOrder(strict.match, weak.match) < 0) return 'apart'
  const both = intersectMatches(strict.match, weak.match)
  if (both === DISJOINT) return 'apart'
  if (both === INEXPRESSIBLE || strict.action.do !== 'drop') return { strict, weak, intersection: undefined }
  const intersection = filterRule('flow', both, strict.action)
  // Equal to the weaker one, it takes its place: on one device the stricter action of a key stands.
  if (intersection.key !== weak.key && compareFlowOrder(both, weak.match) > 0)
    return { strict, weak, intersection: undefined }
  return { strict, weak, intersection }
}
