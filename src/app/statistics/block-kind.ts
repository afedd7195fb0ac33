import type { LedgerEvent } from '../../ledger/events.ts'
import type { BlockKind } from './tally.ts'

type Made = Extract<LedgerEvent, { readonly type: 'block.created' | 'block.proposed' }>

/** What is known of a block for good: all of it stands in clear. */
export function kindOf(event: Made): BlockKind {
  const { shape, origin, action, policy, departments = [] } = event
  return {
    target: shape.target,
    origin: origin.kind,
    category: categoryOf(event),
    action: action.do,
    policy,
    departments: [...departments].sort(),
  }
}

/** `none` where nothing is said. */
function categoryOf(event: object): string {
  return 'category' in event && typeof event.category === 'string' ? event.category : 'none'
}
