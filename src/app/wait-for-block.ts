import type { Block } from '../domain/block.ts'
import { type Clock, sleep } from '../domain/clock.ts'
import type { App } from './context.ts'
import { type BlockView, standingOf, viewBlock } from './show-blocks.ts'

/**
 * Waits until a block is in force everywhere, or gone everywhere, or a device has refused it, at most `ms`, and no
 * longer than somebody wants to know.
 */
export async function waitForBlock(
  app: App,
  block: Block,
  ms: number,
  wanted: AbortSignal,
): Promise<BlockView> {
  const abort = new AbortController()
  const leave = (): void => abort.abort()
  wanted.addEventListener('abort', leave)
  if (wanted.aborted) leave()
  const ended = timeUp(app.clock, ms, abort)
  const settled = (standing: string): boolean => ['in-force', 'failed', 'ended'].includes(standing)
  await app.engine.waitFor(
    block,
    (holdings) => settled(standingOf(app, current(app, block), holdings)),
    abort.signal,
  )
  abort.abort()
  wanted.removeEventListener('abort', leave)
  await ended
  return viewBlock(app, current(app, block))
}

async function timeUp(clock: Clock, ms: number, abort: AbortController): Promise<void> {
  await sleep(clock, ms, abort.signal)
  abort.abort()
}

function current(app: App, block: Block): Block {
  return app.ledger.head.blocks.get(block.id) ?? block
}
