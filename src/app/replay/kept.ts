import { type Block, isOver } from '../../domain/block.ts'
import type { LedgerEvent, Recorded } from '../../ledger/events.ts'
import type { State } from '../../ledger/state.ts'
import { endedByPanic } from '../automation.ts'

type OfBlock = Extract<LedgerEvent, { readonly block: number; readonly type: `block.${string}` }>

/**
 * What of a recorded event holds in the replay too: what people did, to the block that stands in the place of theirs.
 * @param twinOf the block in the place of a recorded one
 * @returns undefined where there is none, or it has no part in what is decided
 */
export function keptOf(
  { event, at }: Recorded,
  would: Readonly<State>,
  twinOf: (id: number) => number | undefined,
): LedgerEvent | undefined {
  switch (event.type) {
    case 'block.created':
    case 'block.proposed':
      return event
    case 'automation.panicked':
      return { ...event, blocks: endedByPanic(would) }
    case 'block.counted':
    case 'milestones':
    case 'memo':
    case 'request.answered':
    case 'redacted':
      return undefined
    default:
      return isOfBlock(event) ? ofTwin(event, at, would, twinOf) : event
  }
}

function isOfBlock(event: LedgerEvent): event is OfBlock {
  return event.type.startsWith('block.')
}

function ofTwin(
  event: OfBlock,
  at: number,
  would: Readonly<State>,
  twinOf: (id: number) => number | undefined,
): LedgerEvent | undefined {
  const id = twinOf(event.block)
  const block = id === undefined ? undefined : would.blocks.get(id)
  if (id === undefined || block === undefined || block.wanted === 'off') return undefined
  const own = { ...event, block: id }
  switch (own.type) {
    case 'block.expired':
      return isOver(block, at) ? own : undefined
    case 'block.approved':
      return block.proposal === undefined ? undefined : { ...own, ...beginningOf(block, own, at) }
    case 'block.covers':
    case 'block.moved':
      return id === event.block ? own : undefined
    default:
      return own
  }
}

/** It lasts as long as was proposed, from the agreement on. */
function beginningOf(
  { proposal }: Block,
  { until, begins }: Extract<LedgerEvent, { type: 'block.approved' }>,
  at: number,
): { readonly until: number | null } {
  return { until: begins && proposal?.lasts !== undefined ? at + proposal.lasts : until }
}
