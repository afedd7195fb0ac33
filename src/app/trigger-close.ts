import { isActive } from '../domain/block.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { TriggerDeed } from '../ledger/trigger-events.ts'
import { originOf } from './rights.ts'
import type { Deed, Scene } from './trigger-decision.ts'

/**
 * Gives back what an incident has blocked, now or after its hold-down; what its policy keeps ends by itself. Always works,
 * whatever stops automation (law 4).
 */
export function closeIncident({ head, now, caller, before }: Scene): Deed {
  const events: LedgerEvent[] = []
  const deeds = new Set<TriggerDeed>()
  const by = originOf(caller).token
  for (const { block: id, onClose } of before?.blocks ?? []) {
    const block = head.blocks.get(id)
    if (block === undefined || block.wanted === 'off') continue
    if (block.wanted === 'proposed' || (onClose === 0 && isActive(block, now))) {
      events.push({ type: 'block.released', block: id, by, why: 'the source says that it is over' })
      deeds.add('released')
    } else if (onClose === 'keep' || !isActive(block, now)) deeds.add('kept')
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
    ...(first === undefined || deed === 'nothing' ? {} : { block: first.block }),
  }
}
