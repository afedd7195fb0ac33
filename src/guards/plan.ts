import type { Limits } from './limits.ts'

/** What a plan for one device would do that no event explains. */
export interface PlanCounts {
  readonly unexplainedPuts: number
  readonly unexplainedRemovals: number
  /** Entries of ours that the device was found to hold. */
  readonly held: number
}

/**
 * Why a plan must wait for a person, or `undefined`. Explained entries always pass; unexplained ones up to the limits,
 * and none where entries of ours are not told from a person's (`marks`).
 */
export function refusePlan(counts: PlanCounts, { plan }: Limits, marks = true): string | undefined {
  const unexplained = counts.unexplainedPuts + counts.unexplainedRemovals
  if (!marks && unexplained > 0)
    return `${unexplained} entries stand among ours that no event explains: somebody wrote them by hand, and they are left alone until a person agrees to their removal`
  if (unexplained <= plan.entries || unexplained <= counts.held * plan.share) return undefined
  return `${counts.unexplainedRemovals} removals and ${counts.unexplainedPuts} additions that no event explains, of ${counts.held} entries held; more than ${plan.entries} and ${plan.share * 100} % wait for a person`
}
