import { isActive } from '../domain/block.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { TriggerDeed } from '../ledger/trigger-events.ts'
import { originOf } from './rights.ts'
import { type Deed, END_IS_SET, type Scene } from './trigger-decision.ts'

/**
 * Gives back what an incident has blocked, now or after its hold-down; what its policy keeps ends by itself. Always works,
 * whatever stops automation (law 4).
 */
export function closeIncident({ head, now, caller, before }: Scene): Deed {
  const events: LedgerEvent[] = []
  const deeds = new Set<TriggerDeed>()
  let isSet = false
  const by = originOf(caller).token
  for (const { block: id, onClose } of before?.blocks ?? []) {
    const block = head.blocks.get(id)
    if (block === undefined || block.wanted === 'off') continue
    if (block.endBy !== undefined && isActive(block, now)) isSet = true
    const endsNow = onClose === 0 && isActive(block, now) && block.endBy === undefined
    if (block.wanted === 'proposed' || endsNow) {
      events.push({ type: 'block.released', block: id, by, why: 'the source says that it is over' })
      deeds.add('released')
    } else if (onClose === 'keep' || !isActive(block, now) || block.endBy !== undefined) deeds.add('kept')
    else if (block.until === null || now + onClose < block.until) {
      events.push({ type: 'block.amended', block: id, by, until: now + onClose })
      deeds.add('ends-soon')
    } else deeds.add('kept')
  }
  const deed = (['released', 'ends-soon', 'kept'] as const).find((one) => deeds.has(one)) ?? 'nothing'
  const blocks = before?.blocks ?? []
  const [first] = blocks
  return {
    deed,
    events,
    blocks,
    ...(isSet ? { why: END_IS_SET } : {}),
    ...(first === undefined || deed === 'nothing' ? {} : { block: first.block }),
  }
}
