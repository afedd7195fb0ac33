import type { Position } from '../switching/panel.ts'
import type { Entry } from './entry.ts'
import type { Mark } from './mark.ts'

/** Where an account stands, and what is to be remembered if it is locked from there. */
export interface Look {
  readonly at: Position | 'moving'
  readonly mark: Mark
}

/** One way of locking one account. */
export interface Way {
  /**
   * @param entry of the account, as read with `attributes`; undefined when there is none any more
   * @returns undefined when nothing of the lock can be left
   * @throws AdapterError where it may not be seen, and as the connection fails
   */
  look(entry: Entry | undefined, signal: AbortSignal): Promise<Look | undefined>
  /** Does nothing where it stands so already. @throws AdapterError */
  turn(to: Position, signal: AbortSignal): Promise<void>
}
