import type { Block } from '../domain/block.ts'
import { blocksOf, type Recorded } from '../ledger/events.ts'
import { fold } from '../ledger/fold.ts'
import { isMessage } from '../ledger/fold-message.ts'
import { emptyState } from '../ledger/state.ts'
import type { App } from './context.ts'

/** Finds a block that has left memory by reading the ledger; `undefined` when it never was, or was redacted. */
export async function findEndedBlock(app: App, id: number): Promise<Block | undefined> {
  return (await findEndedBlocks(app, [id])).get(id)
}

/** Finds blocks that have left memory, all in one reading of the ledger; those that never were, or were redacted, are left out. */
export async function findEndedBlocks(app: App, ids: readonly number[]): Promise<ReadonlyMap<number, Block>> {
  const wanted = new Set(ids.filter((id) => id >= 1 && id < app.ledger.head.nextBlock))
  const state = emptyState()
  if (wanted.size > 0) for await (const recorded of eventsOf(app, wanted)) fold(state, recorded)
  return state.blocks
}

/** What the ledger says of these blocks and of no other, oldest first. */
export async function* eventsOf(app: App, ids: ReadonlySet<number>): AsyncGenerator<Recorded> {
  for await (const recorded of app.ledger.history()) {
    const event = ofThese(recorded.event, ids)
    if (event !== undefined) yield { ...recorded, event }
  }
}

function ofThese(event: Recorded['event'], ids: ReadonlySet<number>): Recorded['event'] | undefined {
  switch (event.type) {
    case 'milestones': {
      const at = event.blocks.flatMap((id, index) => (ids.has(id) ? [index] : []))
      if (at.length === 0) return undefined
      const { blocks, words } = event
      const chosen = <T>(all: readonly T[]): T[] => all.filter((_, index) => at.includes(index))
      return { ...event, blocks: chosen(blocks), ...(words === undefined ? {} : { words: chosen(words) }) }
    }
    case 'automation.panicked': {
      const blocks = event.blocks.filter((id) => ids.has(id))
      return blocks.length === 0 ? undefined : { ...event, blocks }
    }
    default:
      return isAbout(event, ids) ? event : undefined
  }
}

function isAbout(event: Recorded['event'], ids: ReadonlySet<number>): boolean {
  if ('block' in event || isMessage(event)) return blocksOf(event).some((id) => ids.has(id))
  return false
}
