import type { Collateral } from '../domain/block.ts'
import type { Rule } from '../domain/rule.ts'

/** A rule on a device. */
export interface Placed {
  readonly device: string
  readonly rule: Rule
}

/** Something of a block that stays without enforcement, or that it hits beside, and why. */
export interface Gap {
  readonly device?: string
  readonly ingress?: string
  readonly direction?: 'to' | 'from'
  readonly code:
    | 'unsupported'
    | 'one-way'
    | 'would-widen'
    | 'fragments-pass'
    | 'shadowed'
    | 'shadows'
    | 'no-placement'
    | 'uncovered-ingress'
    | 'attachment-remains'
    | 'control-cut'
  readonly why: string
}

/** What a block becomes. Equal blocks become equal placements: there is no clock and no state here. */
export interface Placement {
  /** Name of the line of the table. */
  readonly line: string | undefined
  readonly placed: readonly Placed[]
  readonly gaps: readonly Gap[]
  /** What is hit beyond what the block names; always within its permitted collateral. */
  readonly widened: readonly Collateral[]
}
