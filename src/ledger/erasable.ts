import { blocksOf, type Recorded } from './events.ts'
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
export function ownersOf(head: Readonly<State>, { seq, event }: Recorded): Owners {
  const blocks = blocksOf(event)
  // One that waits for agreement is about to be on.
  for (const block of blocks)
    if ((head.blocks.get(block)?.wanted ?? 'off') !== 'off')
      throw new Error(`event ${seq} belongs to block ${block}, which has not ended; its personal data stays`)
  const requests = 'request' in event && event.request !== undefined ? [event.request] : []
  for (const request of [...requests, ...blocks.flatMap((block) => head.requestsOf.get(block) ?? [])]) {
    const found = head.requests.get(request)
    if (found !== undefined && found.settled === undefined)
      throw new Error(`event ${seq} belongs to request ${request}, which is open; its personal data stays`)
  }
  if (event.type === 'trigger.taken' && event.record !== undefined && stillCounts(head, event))
    throw new Error(`event ${seq} is of an incident that still counts; its personal data stays`)
  if (blocks.length + requests.length === 0 && !WITHOUT_BLOCK.has(event.type))
    throw new Error(`event ${seq} (${event.type}) belongs to no block; its personal data stays`)
  return { blocks, requests }
}
