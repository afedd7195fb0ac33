import type { LogsWanted, Reminder, RequestKind, Settlement, Side, Urgency } from '../domain/request.ts'

/** Which request it is about, and which block that one is about. */
interface OfRequest {
  readonly request: number
  readonly block?: number
}

/** By whom it was, and for which side; `by` is the id of a token. `mail` is an address, where it came by mail. */
interface Spoken extends OfRequest {
  readonly by: string
  readonly as: Side
  readonly mail?: string
}

/** When the answer is due, `null` while the clock stands still, and the version of the calendar that says so. */
interface Timed {
  readonly due: number | null
  readonly calendar: string
}

/** Somebody asks the other side for something: to lift a block, or for logs. */
export interface RequestFiled extends Spoken, Timed {
  readonly type: 'request.filed'
  readonly kind: RequestKind
  readonly departments: readonly string[]
  readonly urgency: Urgency
  /** Until when somebody must have looked at it. */
  readonly acknowledgeBy: number
  readonly text: string
  readonly logs?: LogsWanted
}

/** Somebody of the side that has to answer sees to it. */
export interface RequestTaken extends Spoken {
  readonly type: 'request.taken'
}

/** Something was said, and it is the turn of whoever `turn` says. */
export interface RequestSaid extends Spoken, Timed {
  readonly type: 'request.said'
  readonly turn: Side
  readonly text: string
  readonly actions?: readonly string[]
}

export interface RequestSettled extends Spoken {
  readonly type: 'request.settled'
  readonly how: Exclude<Settlement, 'moot'>
  readonly text?: string
  readonly actions?: readonly string[]
}

/** A request that was denied, or taken back, is open again; its clock begins anew. */
export interface RequestReopened extends Spoken, Timed {
  readonly type: 'request.reopened'
  readonly acknowledgeBy: number
  readonly text: string
}

/** Another calendar counts: it is due at another time. */
export interface RequestDue extends OfRequest, Timed {
  readonly type: 'request.due'
  readonly before: number | null
  readonly acknowledgeBy?: number
  readonly by: string
}

/** The clock has led to something; those who should know are told. */
export interface RequestReminded extends OfRequest {
  readonly type: 'request.reminded'
  readonly stage: Reminder
}

export type RequestEvent =
  | RequestFiled
  | RequestTaken
  | RequestSaid
  | RequestSettled
  | RequestReopened
  | RequestDue
  | RequestReminded
