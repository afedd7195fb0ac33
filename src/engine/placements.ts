import type { Block, BlockSpec } from '../domain/block.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Expandable } from '../placement/expand.ts'
import { type Placement, place } from '../placement/place.ts'
import type { PlacementRule } from '../placement/table.ts'
import { Recent } from './recent.ts'

/** Placements that are remembered at the least. */
const RECENT = 1_000

/**
 * Where blocks' rules go. The unchangeable part of a block decides that, with what it covers and the inventory: its number
 * is a good key until one of those changes.
 */
export class Placements {
  #inventory: Inventory
  readonly #table: readonly PlacementRule[]
  /** Of the blocks at work: the same is asked for each device's answer. */
  #recent = new Recent<number, Placement>(RECENT)
  /** Inventories that counted before, the first of them by which devices were told. */
  readonly #earlier: Inventory[] = []

  constructor(inventory: Inventory, table: readonly PlacementRule[]) {
    this.#inventory = inventory
    this.#table = table
  }

  /** Another inventory counts for what is decided from here on; what stands is placed anew once that is on record. */
  adopt(inventory: Inventory): void {
    this.#earlier.push(this.#inventory)
    this.#inventory = inventory
    this.#recent = new Recent(RECENT)
  }

  /** The record of an adopted inventory has come. @returns whether blocks may have to be placed anew by it */
  follow(): boolean {
    // Only one is kept: by what came before it nothing stands any more.
    if (this.#earlier.length > 1) this.#earlier.shift()
    return this.#earlier.length > 0
  }

  /** What a block becomes by the inventory and the placement table. */
  place(spec: BlockSpec & Expandable): Placement {
    return place(spec, this.#inventory, this.#table)
  }

  /** What it became by the inventory before. */
  before(spec: BlockSpec & Expandable): Placement {
    return place(spec, this.#earlier[0] ?? this.#inventory, this.#table)
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

  /** What the block becomes has to be worked out anew. */
  forget(block: number): void {
    this.#recent.delete(block)
  }
}
