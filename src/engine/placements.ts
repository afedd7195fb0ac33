import type { Block, BlockSpec } from '../domain/block.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Expandable } from '../placement/expand.ts'
import { type Placement, place } from '../placement/place.ts'
import type { PlacementRule } from '../placement/table.ts'
import { Recent } from './recent.ts'

/** Placements that are remembered at the least. */
const RECENT = 1_000

/** Where blocks' rules go. The unchangeable part of a block decides that, so its number is a good key. */
export class Placements {
  readonly #inventory: Inventory
  readonly #table: readonly PlacementRule[]
  /** Of the blocks at work: the same is asked for each device's answer. */
  readonly #recent = new Recent<number, Placement>(RECENT)

  constructor(inventory: Inventory, table: readonly PlacementRule[]) {
    this.#inventory = inventory
    this.#table = table
  }

  /** What a block becomes by the inventory and the placement table. */
  place(spec: BlockSpec & Expandable): Placement {
    return place(spec, this.#inventory, this.#table)
  }

  /** What a block has become. */
  look(block: Block): Placement {
    return this.#recent.get(block.id) ?? this.place(block)
  }

  /** What a block has become, which is going to be asked again. */
  of(block: Block): Placement {
    const known = this.#recent.get(block.id)
    if (known !== undefined) return known
    const placement = this.place(block)
    this.foresee(block.id, placement)
    return placement
  }

  /** The placement of a block that is being recorded under this number: whoever decided has worked it out already. */
  foresee(block: number, placement: Placement): void {
    this.#recent.set(block, placement)
  }
}
