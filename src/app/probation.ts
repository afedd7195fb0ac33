import type { Block } from '../domain/block.ts'
import { targetText } from '../domain/target.ts'
import type { Limits } from '../guards/limits.ts'
import type { Granted, State } from '../ledger/state.ts'

type Site = Pick<Limits, 'probation'>

/** The last release on request of the same target, where a block began while that was on probation. */
export function probationOf(
  { probation }: Pick<State, 'probation'>,
  { probation: lasts }: Site,
  { id, target, createdAt }: Pick<Block, 'id' | 'target' | 'createdAt'>,
): Granted | undefined {
  const granted = probation.get(targetText(target))
  if (granted === undefined || granted.block >= id) return undefined
  return createdAt >= granted.at && createdAt < granted.at + lasts ? granted : undefined
}

/** When a block of a target that a person had made was released on request, while that is on probation. */
export function onProbationSince(
  { probation }: Pick<State, 'probation'>,
  { probation: lasts }: Site,
  target: string,
  now: number,
): number | undefined {
  const granted = probation.get(target)
  return granted?.byHand === true && now < granted.at + lasts ? granted.at : undefined
}
