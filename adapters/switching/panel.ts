import type { SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError, type ErrorClass } from '../adapter.ts'

export type Position = 'up' | 'down'

/**
 * What a device says of a switch: where it stands, that it is on its way between the two, or, in the device's own
 * words, that it has none of that name, or none for us (`class`; `rejected` unless told). Where names can go to others,
 * `mark` is what it is known by whatever its name.
 */
export type Sight = Position | 'moving' | Absent | { readonly at: Position | 'moving'; readonly mark: string }

export interface Absent {
  readonly absent: string
  readonly class?: ErrorClass
}

/** By key, what was remembered of switches that are known by more than their name. */
export type Marks = ReadonlyMap<string, string>

/** The switches of one device, as they are and as they can be turned. It knows of no memo and of no block. */
export interface Panel {
  /**
   * Where each of these stands, by key; what has a mark is looked for by that.
   * @throws AdapterError when the device cannot be read
   */
  read(rules: readonly SwitchRule[], signal: AbortSignal, marks: Marks): Promise<ReadonlyMap<string, Sight>>
  /**
   * Turns one.
   * @throws AdapterError `rejected`, `auth` or `unsupported` with the device's words when it has not done so; {@link Doubt}
   *   when that is not known of this one alone; of any other class, when the device takes no others either
   */
  turn(rule: SwitchRule, to: Position, signal: AbortSignal, mark: string | undefined): Promise<void>
}

/** What became of one switch is not known, and the device takes others all the same. */
export class Doubt extends AdapterError {}

export function positionIn(sight: Sight | undefined): Position | 'moving' | undefined {
  if (typeof sight !== 'object') return sight
  return 'at' in sight ? sight.at : undefined
}

export function isAbsent(sight: unknown): sight is Absent {
  return typeof sight === 'object' && sight !== null && 'absent' in sight
}
