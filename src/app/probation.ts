import { type Block, targetText } from '../domain/block.ts'
import type { Limits } from '../guards/limits.ts'
import type { Granted, State } from '../ledger/state.ts'

/** The last release on request of the same target, where a block began while that was on probation. */
export function probationOf(
  { probation }: Pick<State, 'probation'>,
  { probation: lasts }: Pick<Limits, 'probation'>,
  { id, target, createdAt }: Pick<Block, 'id' | 'target' | 'createdAt'>,
): Granted | undefined {
  const granted = probation.get(targetText(target))
  if (granted === undefined || granted.block >= id) return undefined
  return createdAt >= granted.at && createdAt < granted.at + lasts ? granted : undefined
}
