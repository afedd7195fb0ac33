import type { Block } from '../domain/block.ts'
import { type Clock, sleep } from '../domain/clock.ts'
import { Load } from '../guards/load.ts'
import type { Inventory, InventoryLists } from '../inventory/inventory.ts'
import { blocksOf, type LedgerEvent } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { ownerOf, type State } from '../ledger/state.ts'

/** What is on, counted. In step with the head of the ledger, at which decisions are made. */
export interface LoadIndex {
  /** Another one when the inventory has changed. */
  readonly now: Load
  /** Departments are these from here on. Of many blocks it takes some turns until that counts. */
  adopt(inventory: Inventory): void
}

/** Blocks that are counted anew without a pause. */
const COUNTED_AT_ONCE = 2_000

/** Counts what is on, and follows the head from here on. @param atOnce for tests */
export function followLoad(
  ledger: Ledger,
  inventory: Inventory,
  clock: Clock,
  atOnce = COUNTED_AT_ONCE,
): LoadIndex {
  const { head } = ledger
  let now = loadOf(head, inventory)
  let next: Recount | undefined
  const each = (event: LedgerEvent, what: 'add' | 'remove'): void => {
    countEvent(now, head, event, what)
    if (next !== undefined) for (const block of blocksOnOf(head, event)) next.change(block, what)
  }
  // Of a block that an event is about, what it was is taken out and what it has become is put in.
  ledger.watchHead({ before: (event) => each(event, 'remove'), after: (event) => each(event, 'add') })
  const recount = async (mine: Recount): Promise<void> => {
    while (!mine.step(atOnce)) {
      await sleep(clock, 0)
      if (next !== mine) return
    }
    now = mine.load
    next = undefined
  }
  return {
    get now() {
      return now
    },
    adopt: (inventoryNow) => {
      next = new Recount(head, inventoryNow)
      void recount(next)
    },
  }
}

/** What is on, counted once. */
export function loadOf(head: Readonly<State>, inventory: Inventory): Load {
  return new Recount(head, inventory).finish()
}

/** Takes what is on of an event's blocks out, before it is folded, or puts it in, afterwards. */
export function countEvent(
  load: Load,
  head: Readonly<State>,
  event: LedgerEvent,
  what: 'add' | 'remove',
): void {
  for (const block of blocksOnOf(head, event)) load[what](ownerOf(head, block.origin.token), block)
}

/** A count that is made anew in steps, while blocks begin and end. */
class Recount {
  readonly load: Load
  readonly #head: Readonly<State>
  /** Blocks that were on at its beginning and are still to be counted. */
  readonly #waiting: Set<number>

  constructor(head: Readonly<State>, inventory: Inventory) {
    this.load = new Load(inventory)
    this.#head = head
    this.#waiting = new Set()
    for (const { id, wanted } of head.blocks.values()) if (wanted === 'on') this.#waiting.add(id)
  }

  /** A block that waits is counted as it will be when its turn comes. */
  change(block: Block, what: 'add' | 'remove'): void {
    if (!this.#waiting.has(block.id)) this.load[what](ownerOf(this.#head, block.origin.token), block)
  }

  /** @returns whether everything is counted */
  step(most: number): boolean {
    let left = most
    for (const id of this.#waiting) {
      if (left === 0) return false
      left -= 1
      this.#waiting.delete(id)
      const block = this.#head.blocks.get(id)
      if (block?.wanted === 'on') this.change(block, 'add')
    }
    return true
  }

  finish(): Load {
    this.step(Number.POSITIVE_INFINITY)
    return this.load
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

/** Blocks that are on, of those that the event could change. */
export function blocksOnOf(head: Readonly<State>, event: LedgerEvent): Block[] {
  if (!event.type.startsWith('block.') && event.type !== 'automation.panicked') return []
  return blocksOf(event).flatMap((id) => {
    const block = head.blocks.get(id)
    return block?.wanted === 'on' ? [block] : []
  })
}
