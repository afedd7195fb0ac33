import type { Calendar } from '../calendar/calendar.ts'
import type { ServiceTargets } from '../calendar/service-target.ts'
import type { Inventory, InventoryLists } from '../inventory/inventory.ts'

/** An inventory that was read and checked whole. */
export interface ReadInventory {
  readonly inventory: Inventory
  readonly lists: InventoryLists
  /** Of all that was read. */
  readonly digest: string
  readonly calendar: Calendar
  readonly targets: ServiceTargets
  /** Fields that are different and count only after a restart. */
  readonly needsRestart: readonly string[]
}

/** Reads the inventory anew. */
export interface InventorySource {
  /**
   * @param text stands for the configuration file, which stays as it is
   * @throws InventoryUnusable with every problem, by file and line
   */
  read(text?: string): Promise<ReadInventory>
}

/** What was read cannot be used: the inventory stays as it was. */
export class InventoryUnusable extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'InventoryUnusable'
    this.problems = problems
  }
}

/** Where the inventory that counts comes from. Changed in one place alone, when another is taken over. */
export interface Site {
  readonly source: InventorySource
  /** By which blocks stand; while something waits for a person, decisions are by one that protects more. */
  inventory: Inventory
  lists: InventoryLists
  digest: string
  /** When the service is there, and what it promises. */
  calendar: Calendar
  targets: ServiceTargets
  loadedAt: number
  needsRestart: readonly string[]
  /** Of the last try, where what was read could not be used. */
  failed: { readonly at: number; readonly problems: readonly string[] } | undefined
  /** Why what was read last waits for a person. */
  asks: { readonly at: number; readonly digest: string; readonly why: string } | undefined
}
