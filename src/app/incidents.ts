import type { Incident } from '../ledger/trigger-events.ts'
import type { App } from './context.ts'
import type { Caller } from './rights.ts'
import { requireWholeSite } from './sight.ts'
import { requireRight } from './use-cases.ts'

export type { Incident }

/** One page of incidents, the one of which something was said last first. */
export interface IncidentPage {
  readonly incidents: readonly Incident[]
  readonly next?: number
}

/** What sources say goes on, or went on within the last day. @throws AppError */
export async function listIncidents(
  app: App,
  caller: Caller,
  {
    open,
    limit,
    before,
  }: { readonly open: boolean; readonly limit: number; readonly before: number | undefined },
): Promise<IncidentPage> {
  requireRight(caller, 'listTriggers')
  requireWholeSite(caller, 'triggers are')
  await app.ledger.settled()
  const found: Incident[] = []
  for (const incident of [...app.ledger.head.incidents.values()].reverse()) {
    if ((open && !incident.open) || (before !== undefined && incident.trigger >= before)) continue
    if (found.length === limit) return { incidents: found, next: found.at(-1)?.trigger ?? 0 }
    found.push(incident)
  }
  return { incidents: found }
}
