import type { Block } from '../domain/block.ts'
import { type Clock, sleep } from '../domain/clock.ts'
import type { Rule } from '../domain/rule.ts'
import type { State } from '../ledger/state.ts'
import type { Placed } from '../placement/place.ts'
import { blocksOf, type Entry } from './entry.ts'
import type { Placements } from './placements.ts'

/** What following needs of the engine. */
export interface Following {
  readonly clock: Clock
  readonly head: Readonly<State>
  readonly placements: Placements
  readonly tables: ReadonlyMap<string, { readonly table: { readonly entries: ReadonlyMap<string, Entry> } }>
  /** Lets a block have what it wants by now, and none of these beside. */
  replace(block: Block, before: readonly Placed[]): void
  /** Whether a block wants this rule by now. */
  wants(block: Block, device: string, rule: Rule): boolean
  wake(): void
}

/** Blocks, and entries, that are looked at without a pause. */
const AT_ONCE = 100

/** Another inventory counts: blocks go where it says. In steps, as there may be many. @param at when it was recorded */
export async function followInventory(engine: Following, at: number): Promise<void> {
  const { clock, head, placements } = engine
  const before = placements.follow()
  if (before === undefined) return
  for (const [index, id] of [...head.blocks.keys()].entries()) {
    const block = head.blocks.get(id)
    // Its end may come before this does, and knows only of where it would be by now.
    if (block !== undefined && (block.wanted === 'on' || (block.endedAt ?? 0) >= at))
      engine.replace(block, placements.before(block, before).placed)
    if ((index + 1) % AT_ONCE === 0) await sleep(clock, 0)
  }
  engine.wake()
  await sweep(engine)
}

/**
 * Takes away what no block wants by now. Where another inventory comes, or a block covers something else, before every
 * block was looked at, none of them knows of the rules that the one before the last had made.
 */
async function sweep(engine: Following): Promise<void> {
  let count = 0
  for (const [device, { table }] of engine.tables)
    for (const entry of [...table.entries.values()]) {
      for (const id of blocksOf(entry)) {
        const block = engine.head.blocks.get(id)
        if (block !== undefined && !engine.wants(block, device, entry.rule))
          engine.replace(block, [{ device, rule: entry.rule }])
      }
      count += 1
      if (count % AT_ONCE === 0) await sleep(engine.clock, 0)
    }
  engine.wake()
}
