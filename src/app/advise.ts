import type { Advice } from '../domain/advice.ts'
import type { Block } from '../domain/block.ts'
import type { App } from './context.ts'

/**
 * What those who look after the target of a block are to do. Nothing where it is somebody else's: nobody here can clean it
 * up.
 */
export function adviseOn(
  { advice, inventory }: Pick<App, 'advice' | 'inventory'>,
  block: Pick<Block, 'target' | 'advice' | 'category'>,
): Advice | undefined {
  const { target } = block
  const isElsewhere = target.kind === 'host' && inventory.own.overlapping(target.prefix).length === 0
  return isElsewhere ? undefined : advice.of(block)
}
