import type { Block } from '../domain/block.ts'
import { Load } from '../guards/load.ts'
import type { Inventory, InventoryLists } from '../inventory/inventory.ts'
import { blocksOf, type LedgerEvent } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { ownerOf, type State } from '../ledger/state.ts'

/** What is on, counted. In step with the head of the ledger, at which decisions are made. */
export interface LoadIndex {
  /** Another one when the inventory has changed. */
  readonly now: Load
  /** Departments are these from here on: everything is counted anew, in one turn. */
  adopt(inventory: Inventory): void
}

/** Counts what is on, and follows the head from here on. */
export function followLoad(ledger: Ledger, inventory: Inventory): LoadIndex {
  const { head } = ledger
  let now = countAnew(head, inventory)
  // Of a block that an event is about, what it was is taken out and what it has become is put in.
  ledger.watchHead({
    before: (event) => {
      for (const block of onOf(head, event)) now.remove(ownerOf(head, block.origin.token), block)
    },
    after: (event) => {
      for (const block of onOf(head, event)) now.add(ownerOf(head, block.origin.token), block)
    },
  })
  return {
    get now() {
      return now
    },
    adopt: (next) => {
      now = countAnew(head, next)
    },
  }
}

/** What of an inventory decides how blocks are counted. */
export function countsAlike(a: InventoryLists, b: InventoryLists): boolean {
  return spaceText(a) === spaceText(b)
}

function spaceText({ departments, hostUnits }: InventoryLists): string {
  const tree = departments.map(({ name, parent, prefixes }) => [name, parent ?? null, prefixes])
  return JSON.stringify([tree, hostUnits])
}

function countAnew(head: Readonly<State>, inventory: Inventory): Load {
  const load = new Load(inventory)
  for (const block of head.blocks.values())
    if (block.wanted === 'on') load.add(ownerOf(head, block.origin.token), block)
  return load
}

/** Blocks that are on, of those that the event could change. */
function onOf(head: Readonly<State>, event: LedgerEvent): Block[] {
  if (!event.type.startsWith('block.') && event.type !== 'automation.panicked') return []
  return blocksOf(event).flatMap((id) => {
    const block = head.blocks.get(id)
    return block?.wanted === 'on' ? [block] : []
  })
}
