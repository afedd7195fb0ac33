import type { RetentionRule } from '../domain/retention.ts'
import { blocksOf, type LedgerEvent, type Recorded, type Redacted } from './events.ts'
import { stillCounts } from './fold-trigger.ts'
import type { State } from './state.ts'

/** Events that may name an address, or somebody, without being about a block. */
const WITHOUT_BLOCK: ReadonlySet<string> = new Set([
  'read.recorded',
  'trigger.taken',
  'message.queued',
  'message.sent',
  'message.dead',
  'message.received',
  'memo',
  'device.held',
  // Of a request that made nothing.
  'request.answered',
])

/** What leaves memory when the personal data of an event goes. */
export interface Owners {
  readonly blocks: readonly number[]
  readonly requests: readonly number[]
}

/**
 * The ended blocks and settled requests that an event belongs to.
 * @throws Error when its personal data must stay: something that it is about has not ended
 */
export function ownersOf(head: Readonly<State>, recorded: Recorded): Owners {
  const why = whyNot(head, recorded)
  if (why !== undefined) throw new Error(`event ${recorded.seq} ${why}; its personal data stays`)
  return { blocks: blocksOf(recorded.event), requests: requestsOf(recorded.event) }
}

function requestsOf(event: LedgerEvent): readonly number[] {
  return 'request' in event && event.request !== undefined ? [event.request] : []
}

function whyNot(head: Readonly<State>, { event }: Recorded): string | undefined {
  const blocks = blocksOf(event)
  // One that waits for agreement is about to be on.
  const active = blocks.find((block) => (head.blocks.get(block)?.wanted ?? 'off') !== 'off')
  if (active !== undefined) return `belongs to block ${active}, which has not ended`
  const requests = requestsOf(event)
  const asked = [...requests, ...blocks.flatMap((block) => head.requestsOf.get(block) ?? [])]
  const open = asked.find((id) => head.requests.has(id) && head.requests.get(id)?.settled === undefined)
  if (open !== undefined) return `belongs to request ${open}, which is open`
  if (event.type === 'trigger.taken' && event.record !== undefined && stillCounts(head, event))
    return 'is of an incident that still counts'
  if (blocks.length + requests.length > 0) return undefined
  if (isNeeded(head, event)) return `(${event.type}) is still needed`
  return WITHOUT_BLOCK.has(event.type) ? undefined : `(${event.type}) belongs to no block`
}

/** Whether nothing that the event is about needs its personal data any more. */
export function mayErase(head: Readonly<State>, recorded: Recorded): boolean {
  return whyNot(head, recorded) === undefined
}

/** The event that says that the personal data of these events is gone. */
export function redactedOf(
  events: readonly number[],
  owners: ReadonlyMap<number, Owners>,
  by: string,
  rule: RetentionRule | undefined,
): Redacted {
  const of = events.flatMap((seq) => owners.get(seq) ?? [])
  const requests = [...new Set(of.flatMap((one) => one.requests))]
  return {
    type: 'redacted',
    events,
    blocks: [...new Set(of.flatMap((one) => one.blocks))],
    ...(requests.length === 0 ? {} : { requests }),
    ...(rule === undefined ? {} : { rule }),
    by,
  }
}

/** Whether what is in memory by now comes from this event, which is about no block and no request. */
function isNeeded(head: Readonly<State>, event: LedgerEvent): boolean {
  switch (event.type) {
    case 'memo':
      return head.memos.get(event.device) === event.memo
    case 'device.held':
      return head.holds.get(event.device)?.until === event.until
    case 'message.queued':
      return head.messages.has(event.message)
    case 'message.received':
      return head.held.has(event.received)
    default:
      return false
  }
}
