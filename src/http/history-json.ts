import type { blockHistory } from '../app/show-blocks.ts'
import { endText, timeText } from './block-json.ts'
import type { HistoryEventJson } from './schemas-more.ts'

type Recorded = Awaited<ReturnType<typeof blockHistory>>[number]

/** An event of a block for people; nothing for what is not about a block. */
export function historyJson({ seq, at, event, redacted }: Recorded): HistoryEventJson[] {
  const when = { seq, at: timeText(at), redacted }
  switch (event.type) {
    case 'block.created':
    case 'block.proposed':
      return [
        {
          ...when,
          type: event.type === 'block.created' ? 'created' : 'proposed',
          by: event.origin.token,
          policy: event.policy,
          until: endText(event.until),
          ...texts(event),
        },
      ]
    case 'block.amended': {
      const until = event.until === undefined ? {} : { until: endText(event.until) }
      return [{ ...when, type: 'amended', by: event.by, ...until, ...texts(event) }]
    }
    case 'block.released':
      return [
        { ...when, type: 'released', by: event.by, ...(event.why === undefined ? {} : { why: event.why }) },
      ]
    case 'block.reproposed':
      return [{ ...when, type: 'proposed', by: event.by }]
    case 'block.approved': {
      const { by, person, digest, agreement, until, begins } = event
      const said = agreement === undefined ? {} : { why: agreement }
      return [
        {
          ...when,
          type: 'approved',
          by,
          person,
          digest,
          ...said,
          ...(begins ? { until: endText(until) } : {}),
        },
      ]
    }
    case 'block.declined':
      return [
        { ...when, type: 'declined', by: event.by, ...(event.why === undefined ? {} : { why: event.why }) },
      ]
    case 'block.expired':
      return [{ ...when, type: 'expired' }]
    case 'milestones': {
      const words = event.words?.[0]
      return [
        { ...when, type: event.reached, device: event.device, ...(words === undefined ? {} : { words }) },
      ]
    }
    default:
      return []
  }
}

/** Of a redacted event these are gone. */
function texts({ reason, ticket }: { readonly reason?: string; readonly ticket?: string }) {
  return { ...(reason === undefined ? {} : { reason }), ...(ticket === undefined ? {} : { ticket }) }
}
