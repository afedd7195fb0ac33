import type { App } from '../app/context.ts'
import type { blockHistory } from '../app/show-blocks.ts'
import { endText, timeText } from './block-json.ts'
import { isAsked, isTold, messageHistory, requestHistory } from './history-beside.ts'
import { ofWhom } from './of-whom.ts'
import { pick } from './pick.ts'
import type { HistoryEventJson } from './schemas-more.ts'

type Recorded = Awaited<ReturnType<typeof blockHistory>>[number]

/** An event of a block for people, with the name behind its token; nothing for what is not about a block. */
export function historyJson(app: App, recorded: Recorded): HistoryEventJson[] {
  return toldJson(recorded).map((told) => ({
    ...told,
    ...(told.by === undefined ? {} : ofWhom(app, told.by)),
  }))
}

function toldJson({ seq, at, event, redacted }: Recorded): HistoryEventJson[] {
  const when = { seq, at: timeText(at), redacted }
  switch (event.type) {
    case 'block.created':
    case 'block.proposed':
      return [{ ...when, ...beginningJson(event) }]
    case 'block.amended': {
      const until = event.until === undefined ? {} : { until: endText(event.until) }
      return [{ ...when, type: 'amended', by: event.by, ...until, ...texts(event), ...pick(event, 'why') }]
    }
    case 'block.released':
      return [{ ...when, type: 'released', by: event.by, ...pick(event, 'why') }]
    case 'automation.panicked':
      return [{ ...when, type: 'released', by: event.by, why: 'all automatic blocks were ended' }]
    case 'block.reproposed':
    case 'block.approved':
    case 'block.declined':
    case 'block.covers':
    case 'block.grows':
    case 'block.moved':
    case 'block.flagged':
      return [{ ...when, ...agreementJson(event) }]
    case 'block.expired':
      return [{ ...when, type: 'expired' }]
    case 'block.counted':
    case 'milestones':
      return [{ ...when, ...reachedJson(event) }]
    default:
      return besideJson(event).map((told) => ({ ...when, ...told }))
  }
}

/** What was asked about the block, and who was told. */
function besideJson(event: Recorded['event']): Omit<HistoryEventJson, 'seq' | 'at' | 'redacted'>[] {
  if (isAsked(event)) return [requestHistory(event)]
  return isTold(event) ? [messageHistory(event)] : []
}

type Beginning = Extract<Recorded['event'], { type: 'block.created' | 'block.proposed' }>

function beginningJson(event: Beginning): Omit<HistoryEventJson, 'seq' | 'at' | 'redacted'> {
  const type = event.type === 'block.created' ? 'created' : 'proposed'
  const { origin, policy, until } = event
  return {
    ...{ type, by: origin.token, policy, until: endText(until) },
    ...pick(event, 'category', 'advice'),
    ...texts(event),
  }
}

function reachedJson(event: Extract<Recorded['event'], { type: 'milestones' | 'block.counted' }>) {
  if (event.type === 'block.counted') return { type: 'counted' as const, ...pick(event, 'packets', 'bytes') }
  const { reached, device, words } = event
  const [first] = words ?? []
  return { type: reached, device, ...(first === undefined ? {} : { words: first }) }
}

type Agreement = Extract<
  Recorded['event'],
  {
    type:
      | 'block.reproposed'
      | 'block.approved'
      | 'block.declined'
      | 'block.covers'
      | 'block.grows'
      | 'block.moved'
      | 'block.flagged'
  }
>

/** What people agreed to, and what the inventory and its leases made of it. */
function agreementJson(event: Agreement): Omit<HistoryEventJson, 'seq' | 'at' | 'redacted'> {
  const { by } = event
  switch (event.type) {
    case 'block.reproposed':
      return { type: 'proposed', by }
    case 'block.approved': {
      const { person, digest, agreement, until, begins } = event
      const said = agreement === undefined ? {} : { why: agreement }
      return { type: 'approved', by, person, digest, ...said, ...(begins ? { until: endText(until) } : {}) }
    }
    case 'block.declined':
      return { type: 'declined', by, ...(event.why === undefined ? {} : { why: event.why }) }
    case 'block.covers':
      return {
        type: 'covers',
        by,
        why: event.why,
        ...(event.expansion === undefined ? {} : { covers: [...event.expansion] }),
      }
    case 'block.grows':
      return { type: 'grows', by }
    case 'block.moved':
      return {
        type: 'moved',
        by,
        why: event.why,
        ...(event.prefix === undefined ? {} : { covers: [event.prefix] }),
      }
    case 'block.flagged':
      return { type: 'flagged', by, ...(event.why === undefined ? {} : { why: event.why }) }
  }
}

/** Of a redacted event these are gone. */
function texts({ reason, ticket }: { readonly reason?: string; readonly ticket?: string }) {
  return { ...(reason === undefined ? {} : { reason }), ...(ticket === undefined ? {} : { ticket }) }
}
