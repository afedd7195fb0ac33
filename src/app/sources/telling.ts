import type { TriggerInput } from '../../domain/trigger.ts'
import type { Incident } from '../../ledger/trigger-events.ts'
import { type Ban, closeOf, triggerOfBan } from '../../triggers/crowdsec.ts'

/** What Cordon was last told of an incident in this run: by which decision, and until when. */
export type Told = Pick<Ban, 'decision' | 'ends'>

/** Ends are computed from how long a ban still lasts: the way here, and a slow answer, move them. */
const SLACK_MS = 60_000

/**
 * What there is to say of an incident: `ban` is what CrowdSec has on of it, `before` what the ledger knows. Revisions are the
 * ends of bans, in milliseconds, or whatever is needed to grow: so a restart finds in the ledger what it has said already.
 */
export function wordOf(
  ban: Ban | undefined,
  before: Incident | undefined,
  told: Told | undefined,
  now: number,
): TriggerInput | undefined {
  const next = (before?.revision ?? 0) + 1
  if (ban === undefined) return before?.open === true ? closeOf(before, { revision: next, now }) : undefined
  const open = { kind: 'open', revision: Math.max(ban.ends, next), now } as const
  if (told !== undefined)
    return ban.decision === told.decision || ban.ends <= told.ends ? undefined : triggerOfBan(ban, open)
  if (before?.open !== true) return triggerOfBan(ban, open)
  return Math.abs(ban.ends - before.revision) <= SLACK_MS ? undefined : triggerOfBan(ban, open)
}
