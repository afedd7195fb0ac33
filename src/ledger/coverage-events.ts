import type { Proposal } from '../domain/block.ts'
import type { Prefix } from '../domain/prefix.ts'

/** A block covers something else than before: what its target is was changed, or something in it is protected now. */
export interface BlockCovers {
  readonly type: 'block.covers'
  readonly block: number
  readonly before: readonly Prefix[]
  readonly expansion: readonly Prefix[]
  readonly why: string
  readonly by: string
}

/** Whom a block is about has another address by now, and it goes with them. */
export interface BlockMoved {
  readonly type: 'block.moved'
  readonly block: number
  readonly before: Prefix
  readonly prefix: Prefix
  readonly why: string
  readonly by: string
}

/** A person should look at a block; without `why`, there is nothing to look at any more. */
export interface BlockFlagged {
  readonly type: 'block.flagged'
  readonly block: number
  readonly why?: string
  readonly by: string
}

/** The target of a block has grown beyond what was agreed to: people are asked. */
export interface BlockGrows {
  readonly type: 'block.grows'
  readonly block: number
  readonly by: string
  readonly proposal: Proposal
}

/** Another inventory counts from here on. */
export interface InventoryLoaded {
  readonly type: 'inventory.loaded'
  readonly digest: string
  readonly by: string
}
