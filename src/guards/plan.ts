import type { Limits } from './limits.ts'

/** What a plan for one device would do that no event explains. */
export interface PlanCounts {
  readonly unexplainedPuts: number
  readonly unexplainedRemovals: number
  /** Entries of ours that the device was found to hold. */
  readonly held: number
}

/** Why a plan must wait for a person, or `undefined`. Explained entries always pass; unexplained ones up to the limits. */
export function refusePlan(counts: PlanCounts, { plan }: Limits): string | undefined {
  const unexplained = counts.unexplainedPuts + counts.unexplainedRemovals
  if (unexplained <= plan.entries || unexplained <= counts.held * plan.share) return undefined
  return `${counts.unexplainedRemovals} removals and ${counts.unexplainedPuts} additions that no event explains, of ${counts.held} entries held; more than ${plan.entries} and ${plan.share * 100} % wait for a person`
}
