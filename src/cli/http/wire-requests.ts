import type { Urgency } from '../../domain/request.ts'

/** What one side asks of the other: to lift a block, or for logs. Times are RFC 3339. */
export interface Request {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly block?: number
  /** Of the block, where that may be seen. */
  readonly target?: string
  readonly departments: readonly string[]
  readonly urgency: string
  readonly logs?: LogsWanted
  readonly filedAt: string
  readonly state: string
  readonly turn: string
  readonly due: string | null
  readonly acknowledgeBy?: string
  readonly calendar: string
  readonly pauses: readonly { readonly from: string; readonly to?: string }[]
  readonly late: boolean
  readonly reminded: readonly string[]
  readonly words: readonly RequestWord[]
  readonly settledAt?: string
  /** Other active blocks of the same target. */
  readonly others?: readonly { readonly id: number; readonly name: string; readonly because: string }[]
  /** How many more there are that the caller may not see. */
  readonly hidden?: number
  readonly version: number
}

export interface LogsWanted {
  readonly of: string
  readonly about: string
  readonly from: string
  readonly to: string
}

/** What was said or done about a request once. */
export interface RequestWord {
  readonly at: string
  readonly what: string
  readonly as: string
  readonly by: string
  readonly name?: string
  readonly text?: string
  readonly actions?: readonly string[]
  readonly mail?: string
}

export interface RequestPage {
  readonly requests: readonly Request[]
  readonly next?: string
}

/** A request as a block names it. */
export interface RequestBrief {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly due: string | null
}

/** What `POST /v1/requests` takes. */
export interface NewRequest {
  readonly block: number
  readonly text: string
  readonly urgency?: Urgency
}

/** What `POST /v1/requests:logs` takes. */
export interface NewLogsRequest {
  readonly departments: readonly string[]
  readonly logs: LogsWanted
  readonly text: string
  readonly block?: number
  readonly urgency?: Urgency
}

/** What can be done about a request, and the body of each. */
export type Deed =
  | { readonly do: 'take' }
  | {
      readonly do: 'say'
      readonly body: { readonly text: string; readonly actions?: readonly string[]; readonly keep?: boolean }
    }
  | { readonly do: 'reopen'; readonly body: { readonly text: string } }
  | { readonly do: 'deny'; readonly body: { readonly text: string; readonly actions: readonly string[] } }
  | { readonly do: 'grant' | 'withdraw'; readonly body: { readonly text?: string } }
  | { readonly do: 'close'; readonly body: { readonly how: 'received' | 'dropped'; readonly text?: string } }
