import type { Recorded } from '../ledger/events.ts'
import { pageOf } from './pages.ts'
import { framed, syslogBytes } from './syslog-message.ts'

/** Facilities that a site may choose (RFC 5424 §6.2.1). */
export const FACILITIES = {
  daemon: 3,
  auth: 4,
  authpriv: 10,
  audit: 13,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const

export type Facility = keyof typeof FACILITIES

/** As whom the events are sent. */
export interface SyslogSender {
  readonly facility: Facility
  readonly hostname: string
  readonly appName: string
  readonly processId: string
}

/** An event in its public form. */
export interface PublicEvent {
  readonly schema: number
  readonly seq: number
  readonly type: string
}

/** Ours is none: 32473 is the number for examples (RFC 5612), and no other may be taken. */
const ELEMENT = 'cordon@32473'

const WARNING = 4
const NOTICE = 5
const INFORMATIONAL = 6

/** One framed message of an event: its number and schema as structured data, its public form as text. */
export function syslogEvent(recorded: Recorded, told: PublicEvent, sender: SyslogSender): Buffer {
  return framed(
    syslogBytes({
      facility: FACILITIES[sender.facility],
      severity: severityOf(recorded),
      at: recorded.at,
      hostname: sender.hostname,
      appName: sender.appName,
      processId: sender.processId,
      messageId: told.type,
      element: { id: ELEMENT, parameters: { seq: String(told.seq), schema: String(told.schema) } },
      text: JSON.stringify(told),
    }),
  )
}

/** What somebody is paged for is a warning, what people and machines decide a notice, what follows is for information. */
function severityOf(recorded: Recorded): number {
  if (pageOf(recorded) !== undefined) return WARNING
  const { event } = recorded
  if (event.type === 'milestones') return event.reached === 'failed' ? WARNING : INFORMATIONAL
  return event.type === 'memo' || event.type === 'request.answered' ? INFORMATIONAL : NOTICE
}
