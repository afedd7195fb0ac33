import type { Prefix } from './prefix.ts'

/** Who had an address, by the best that is known of them: their device, or themselves where no device is named. */
export interface Holder {
  readonly by: 'mac' | 'user'
  readonly name: string
}

/** Whom a block of an address that changes hands is about. */
export interface Lease {
  readonly holder: Holder
  /** The address that they had. */
  readonly address: Prefix
  /** When; milliseconds since 1970. */
  readonly at: number
}
