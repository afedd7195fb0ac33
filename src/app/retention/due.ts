import type { RetentionRule, RetentionTimes } from '../../domain/retention.ts'
import { blocksOf, type LedgerEvent, type Recorded, withoutPersonalData } from '../../ledger/events.ts'
import type { Lives } from './lives.ts'

/** Which rule is about an event, and when its time is over; never, while what it is about has not ended. */
export interface Due {
  readonly rule: RetentionRule
  readonly at: number
}

/** Rules for events that are about no block and no request, which have an end of their own. */
const BY_TYPE: Readonly<Partial<Record<LedgerEvent['type'], RetentionRule>>> = {
  'request.answered': 'blocks',
  'trigger.taken': 'triggers',
  'message.queued': 'mail',
  'message.sent': 'mail',
  'message.dead': 'mail',
  'message.received': 'mail',
  'read.recorded': 'reads',
  memo: 'devices',
  'device.held': 'devices',
}

/**
 * What belongs to a block or a request goes with it, all at once and last of all: half of a history would mislead
 * whoever reads it.
 */
export function dueOf(recorded: Recorded, times: RetentionTimes, lives: Lives): Due | undefined {
  const { at, event, redacted } = recorded
  if (redacted || !withoutPersonalData(recorded).redacted) return undefined
  const blocks = blocksOf(event)
  const request = 'request' in event ? event.request : undefined
  if (blocks.length > 0)
    return latest(
      'blocks',
      times,
      blocks.map((block) => lives.blockEnded(block)),
    )
  if (typeof request === 'number') return latest('requests', times, [lives.requestSettled(request)])
  const rule = BY_TYPE[event.type]
  return rule === undefined ? undefined : latest(rule, times, [at])
}

function latest(
  rule: RetentionRule,
  times: RetentionTimes,
  ends: readonly (number | undefined)[],
): Due | undefined {
  const after = times[rule]
  if (after === undefined) return undefined
  let last = 0
  for (const end of ends) {
    if (end === undefined) return undefined
    last = Math.max(last, end)
  }
  return { rule, at: last + after }
}
