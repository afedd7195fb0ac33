import type { Incident } from '../../ledger/trigger-events.ts'

/** As many may be missing without a word. */
const FEW = 10

/** Incidents of a source that a whole answer does not have any more. */
export interface Missing {
  /** They are over. */
  readonly over: readonly string[]
  /** So many are gone for no reason that they stay on to their own end. Their incidents, with the end that was last said. */
  readonly kept: ReadonlyMap<string, number>
}

/**
 * Decides what a whole answer leaves out. What CrowdSec says is deleted, or whose time has come, is over; so is a little
 * beside. More than ten and more than half at once is rather a database that was lost than so many deletions of which there
 * is no trace: nothing is released for that.
 */
export function missingFrom(
  open: readonly Incident[],
  answer: { readonly isOn: (incident: string) => boolean; readonly isDeleted: (incident: string) => boolean },
  now: number,
): Missing {
  const gone = open.filter(({ id }) => !answer.isOn(id))
  const unexplained = gone.filter(({ id, revision }) => !answer.isDeleted(id) && revision > now)
  const isMany = unexplained.length > FEW && unexplained.length * 2 > open.length
  const kept = new Map(isMany ? unexplained.map(({ id, revision }) => [id, revision]) : [])
  return { over: gone.flatMap(({ id }) => (kept.has(id) ? [] : [id])), kept }
}
