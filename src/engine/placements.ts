import type { Block } from '../domain/block.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { Expandable } from '../placement/expand.ts'
import { type Placement, place } from '../placement/place.ts'
import type { Placeable, PlacementRule } from '../placement/table.ts'
import { Recent } from './recent.ts'

/** Events after which a block is about other prefixes. */
export type OtherCoverage = Extract<LedgerEvent, { type: 'block.covers' | 'block.moved' | 'block.approved' }>

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
  /** By which devices are told, until the record of another comes. */
  #standing: Inventory
  /** By which they were told before that. */
  #before: Inventory

  constructor(inventory: Inventory, table: readonly PlacementRule[]) {
    this.#inventory = inventory
    this.#standing = inventory
    this.#before = inventory
    this.#table = table
  }

  /** Another inventory counts for what is decided from here on; what stands is placed anew once that is on record. */
  adopt(inventory: Inventory): void {
    this.#inventory = inventory
    this.#recent = new Recent(RECENT)
  }

  /** The record of an adopted inventory has come. @returns the one before, if blocks may have to be placed anew */
  follow(): Inventory | undefined {
    this.#before = this.#standing
    // Of several that were adopted since, the last counts for all that is placed from here on.
    this.#standing = this.#inventory
    return this.#before === this.#standing ? undefined : this.#before
  }

  /** What a block becomes by the inventory and the placement table. */
  place(spec: Placeable & Expandable): Placement {
    return place(spec, this.#inventory, this.#table)
  }

  /** What a block was until this event. What the inventory did to it comes right behind the record of that inventory. */
  until(event: OtherCoverage, block: Block): Placement {
    switch (event.type) {
      case 'block.covers':
        return this.before({ ...block, expansion: event.before })
      case 'block.approved':
        return place({ ...block, expansion: event.before ?? [] }, this.#standing, this.#table)
      case 'block.moved':
        return place(
          { ...block, target: { kind: 'host', prefix: event.before } },
          this.#standing,
          this.#table,
        )
    }
  }

  /** What it became by the inventory before, or by an earlier one. */
  before(spec: Placeable & Expandable, inventory = this.#before): Placement {
    return place(spec, inventory, this.#table)
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
