import { blocksOf, type LedgerEvent } from './events.ts'

const ENDS: ReadonlySet<LedgerEvent['type']> = new Set([
  'block.released',
  'block.expired',
  'block.declined',
  'automation.panicked',
])

/** The blocks that an event may end: what is declined, and on already, only does not grow. */
export function endedBy(event: LedgerEvent): readonly number[] {
  return ENDS.has(event.type) ? blocksOf(event) : []
}
