import type { Block } from '../domain/block.ts'
import type { Recorded } from '../ledger/events.ts'
import { fold } from '../ledger/fold.ts'
import { isMessage } from '../ledger/fold-message.ts'
import { emptyState } from '../ledger/state.ts'
import type { App } from './context.ts'

/** Finds a block that has left memory by reading the ledger; `undefined` when it never was, or was redacted. */
export async function findEndedBlock(app: App, id: number): Promise<Block | undefined> {
  if (id >= app.ledger.head.nextBlock || id < 1) return undefined
  const state = emptyState()
  for await (const recorded of eventsOf(app, id)) fold(state, recorded)
  return state.blocks.get(id)
}

/** What the ledger says of one block, oldest first. */
export async function* eventsOf(app: App, id: number): AsyncGenerator<Recorded> {
  for await (const recorded of app.ledger.history()) {
    const { event } = recorded
    if (event.type === 'milestones') {
      const index = event.blocks.indexOf(id)
      const words = event.words?.[index]
      if (index >= 0)
        yield {
          ...recorded,
          event: { ...event, blocks: [id], ...(words === undefined ? {} : { words: [words] }) },
        }
    } else if (isAbout(event, id)) yield recorded
  }
}

function isAbout(event: Recorded['event'], id: number): boolean {
  if ('block' in event && event.block === id) return true
  return isMessage(event) && 'blocks' in event && event.blocks.includes(id)
}
