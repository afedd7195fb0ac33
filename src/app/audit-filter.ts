import { blocksOf, type LedgerEvent, type Recorded } from '../ledger/events.ts'
import type { State } from '../ledger/state.ts'

export type EventType = LedgerEvent['type']

/** What an event is about, in the large. */
const GROUPS = {
  blocks: [
    'block.created',
    'block.amended',
    'block.released',
    'block.expired',
    'block.counted',
    'milestones',
  ],
  agreement: ['block.proposed', 'block.reproposed', 'block.approved', 'block.declined', 'block.grows'],
  inventory: ['inventory.loaded', 'block.covers', 'block.moved', 'block.flagged'],
  automation: [
    'breaker.tripped',
    'breaker.reset',
    'automation.frozen',
    'automation.thawed',
    'automation.panicked',
    'source.muted',
    'source.unmuted',
  ],
  people: ['person.known', 'person.left', 'token.created', 'token.revoked'],
  devices: ['device.held', 'device.freed', 'memo'],
  triggers: ['trigger.taken'],
  requests: [
    'request.filed',
    'request.taken',
    'request.said',
    'request.settled',
    'request.reopened',
    'request.due',
    'request.reminded',
  ],
  messages: [
    'outbox.noted',
    'message.queued',
    'message.sent',
    'message.dead',
    'message.again',
    'message.dropped',
    'message.received',
    'message.judged',
  ],
  reads: ['read.recorded'],
  record: ['request.answered', 'redacted'],
} as const satisfies Readonly<Record<string, readonly EventType[]>>

export type EventGroup = keyof typeof GROUPS

export const EVENT_GROUPS = Object.keys(GROUPS) as readonly EventGroup[]

export function typesIn(group: EventGroup): readonly EventType[] {
  return GROUPS[group]
}

/** Which events are meant; all that is said must hold. Times in milliseconds since 1970, `to` exclusive. */
export interface AuditFilter {
  readonly from?: number
  readonly to?: number
  /** Id of a person who did it, or whom it is about. */
  readonly person?: string
  /** Id of a token with which it was done, or that it is about. */
  readonly token?: string
  readonly block?: number
  readonly types?: ReadonlySet<EventType>
}

/** The token with which something was done; `local` for whoever runs the controller. */
export function actorOf(event: LedgerEvent): string | undefined {
  if ('by' in event) return event.by
  switch (event.type) {
    case 'block.created':
    case 'block.proposed':
      return event.origin.token
    case 'request.answered':
      return event.token
    default:
      return undefined
  }
}

function tokensOf(event: LedgerEvent): readonly (string | undefined)[] {
  const about = 'token' in event ? event.token : event.type === 'breaker.tripped' ? event.source : undefined
  return [actorOf(event), about]
}

function isOfPerson(event: LedgerEvent, person: string, { tokens }: Readonly<State>): boolean {
  if ('person' in event && event.person === person) return true
  return tokensOf(event).some(
    (token) => token === person || (token !== undefined && tokens.get(token)?.person === person),
  )
}

/** @param blocks the blocks that are meant, where a target or a department is asked for */
export function fitsFilter(
  { at, event }: Recorded,
  { from, to, person, token, block, types }: AuditFilter,
  blocks: ReadonlySet<number> | undefined,
  head: Readonly<State>,
): boolean {
  if ((from !== undefined && at < from) || (to !== undefined && at >= to)) return false
  if (types !== undefined && !types.has(event.type)) return false
  if (block !== undefined && !blocksOf(event).includes(block)) return false
  if (blocks !== undefined && !blocksOf(event).some((one) => blocks.has(one))) return false
  if (token !== undefined && !tokensOf(event).includes(token)) return false
  return person === undefined || isOfPerson(event, person, head)
}
