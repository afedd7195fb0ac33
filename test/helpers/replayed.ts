import type { Recorded } from '../../src/ledger/events.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'

/** The history of a ledger in groups: what has one time came together. */
export async function groupsOf(ledger: Ledger): Promise<readonly (readonly Recorded[])[]> {
  const groups: Recorded[][] = []
  for await (const recorded of ledger.history()) {
    const last = groups.at(-1)
    if (last?.[0]?.at === recorded.at) last.push(recorded)
    else groups.push([recorded])
  }
  return groups
}
