import type { SwitchRule } from '../../src/domain/rule.ts'

export type Position = 'up' | 'down'

/**
 * What a device says of a switch: where it stands, that it is on its way between the two, or, in the device's own
 * words, that it has none of that name.
 */
export type Sight = Position | 'moving' | { readonly absent: string }

/** The switches of one device, as they are and as they can be turned. It knows of no memo and of no block. */
export interface Panel {
  /** Where each of these stands, by key. @throws AdapterError when the device cannot be read */
  read(rules: readonly SwitchRule[], signal: AbortSignal): Promise<ReadonlyMap<string, Sight>>
  /**
   * Turns one.
   * @throws AdapterError `rejected`, `auth` or `unsupported` with the device's words when it has not done so; of any
   *   other class, when that is not known
   */
  turn(rule: SwitchRule, to: Position, signal: AbortSignal): Promise<void>
}

export function isAbsent(sight: Sight | undefined): sight is { readonly absent: string } {
  return typeof sight === 'object'
}
