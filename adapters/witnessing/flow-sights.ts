import type { PacketMatch } from '../../src/domain/match.ts'
import { matchText } from '../../src/domain/match.ts'
import type { Watched } from './expectations.ts'
import { type FlowAction, flowActionText, isAction } from './flow-action.ts'
import type { See } from './looking.ts'

/** What names a flow rule in a router: the key of the rule of ours that it would be. */
export function flowSlot(match: PacketMatch): string {
  return `flow${match.family} ${matchText(match)}`
}

/** Says of flow rules whether they are among those that a router was found to hold. */
export function seeFlows(
  watched: readonly Watched[],
  found: ReadonlyMap<string, FlowAction>,
  see: See,
): void {
  for (const one of watched) {
    const action = found.get(one.slot)
    if (action === undefined) see(one, false, 'not received')
    // What should go is there with any action; what should be there, with its own alone.
    else if (!one.present || isAction(action, one.rule.action)) see(one, true)
    else see(one, false, `there with another action: ${flowActionText(action)}`)
  }
}
