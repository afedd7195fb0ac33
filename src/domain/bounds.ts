import type { Prefix } from './prefix.ts'

/** What the blocks of one token may be at the most. What is left out bounds nothing. */
export interface Bounds {
  /** All that a block hits lies in these. */
  readonly targets?: readonly Prefix[]
  /** IPv4 addresses in one block. */
  readonly ipv4Addresses?: number
  /** Length of the widest IPv6 prefix in one block. */
  readonly ipv6Length?: number
  /** Milliseconds that one block may last. */
  readonly duration?: number
}
