/**
 * What is asked of the other side: `unblock`, an ITSS asks the site's security team to lift a block; `logs`, the security
 * team asks a department for logs.
 */
export const REQUEST_KINDS = ['unblock', 'logs'] as const
export type RequestKind = (typeof REQUEST_KINDS)[number]

/** The site's security team, and the department whose IT support it deals with. */
export const SIDES = ['site', 'department'] as const
export type Side = (typeof SIDES)[number]

/** How soon somebody must have looked at a request. */
export const URGENCIES = ['urgent', 'important', 'other'] as const
export type Urgency = (typeof URGENCIES)[number]

/** Whose logs are asked for. */
export const LOG_KINDS = ['server', 'nat', 'dhcp', 'vpn', 'mail', 'other'] as const
export type LogKind = (typeof LOG_KINDS)[number]

/** Logs of one host or service in a span of time, milliseconds since 1970. */
export interface LogsWanted {
  readonly of: LogKind
  /** An address, a host name or a service, as people write it. */
  readonly about: string
  readonly from: number
  readonly to: number
}

/**
 * How a request ended: the block was lifted (`granted`) or stays (`denied`); the logs came (`received`) or nobody waits for
 * them any more (`dropped`); whoever asked took it back (`withdrawn`); the block ended otherwise (`moot`).
 */
export const SETTLEMENTS = ['granted', 'denied', 'received', 'dropped', 'withdrawn', 'moot'] as const
export type Settlement = (typeof SETTLEMENTS)[number]

/** What the clock has led to: the time is nearly over, is over, or is over for so long that others are told. */
export const REMINDERS = ['unacknowledged', 'soon', 'missed', 'escalated'] as const
export type Reminder = (typeof REMINDERS)[number]

/** While the clock stands still, milliseconds since 1970; `to` left out: it does so now. */
export interface Pause {
  readonly from: number
  readonly to?: number
}

/** The clock that runs for whoever has to answer. Times are milliseconds since 1970. */
export interface RequestClock {
  /** When it was set going: at the filing, or when the request was opened again. */
  readonly from: number
  readonly pauses: readonly Pause[]
  /** When the answer is due; `null` while the clock stands still. */
  readonly due: number | null
  /** When it was due before another calendar counted. */
  readonly before?: number | null
  /** Until when somebody must have looked at it, where nobody has yet. */
  readonly acknowledgeBy?: number
  /** Version of the calendar by which these times were worked out. */
  readonly calendar: string
}

/** One thing that was said or done about a request. */
export interface RequestWord {
  readonly at: number
  readonly what: 'filed' | 'taken' | 'said' | 'settled' | 'reopened'
  readonly as: Side
  /** Id of the token. */
  readonly by: string
  readonly text?: string
  /** What is still to be done before the block can be lifted. */
  readonly actions?: readonly string[]
  /** The address that it came from, where it came by mail. */
  readonly mail?: string
}

/** A request and all that was said about it; its number is taken from those of blocks. */
export interface Request {
  readonly id: number
  readonly kind: RequestKind
  /** The block that is to be lifted, or that the logs are asked for about. */
  readonly block?: number
  readonly departments: readonly string[]
  readonly urgency: Urgency
  readonly logs?: LogsWanted
  readonly filedAt: number
  /** Ids of the token that filed it, and of the one with which it was taken. */
  readonly by: string
  readonly takenBy?: string
  /** Whose turn it is. */
  readonly turn: Side
  readonly clock: RequestClock
  readonly reminded: readonly Reminder[]
  readonly words: readonly RequestWord[]
  readonly settled?: { readonly how: Settlement; readonly at: number }
  /** Counts the changes, from 1; the ETag. */
  readonly version: number
}

/** Where a request stands: `waiting`, for the side that does not have to answer; else how it was settled. */
export const REQUEST_STATES = ['open', 'taken', 'waiting', ...SETTLEMENTS] as const
export type RequestState = (typeof REQUEST_STATES)[number]

export function stateOf({
  kind,
  turn,
  takenBy,
  settled,
}: Pick<Request, 'kind' | 'turn' | 'takenBy' | 'settled'>): RequestState {
  if (settled !== undefined) return settled.how
  if (turn !== answersTo(kind)) return 'waiting'
  return takenBy === undefined ? 'open' : 'taken'
}

/** Nobody is on probation for longer after a release on request, in milliseconds. */
export const LONGEST_PROBATION = 90 * 24 * 3_600_000

/** Whose answer the clock of a request waits for. */
export function answersTo(kind: RequestKind): Side {
  return kind === 'unblock' ? 'site' : 'department'
}

export function otherSide(side: Side): Side {
  return side === 'site' ? 'department' : 'site'
}

/** The pauses of a clock after the turn has gone to `turn` at this time. */
export function pausesAfter(
  { kind, turn: before, clock: { pauses } }: Pick<Request, 'kind' | 'turn' | 'clock'>,
  turn: Side,
  at: number,
): readonly Pause[] {
  if (before === turn) return pauses
  if (turn !== answersTo(kind)) return [...pauses, { from: at }]
  const last = pauses.at(-1)
  return last === undefined ? pauses : [...pauses.slice(0, -1), { from: last.from, to: at }]
}
