import type { Query } from './query.ts'

/** The controller may be at feeds that came before, or read the whole ledger; in milliseconds. */
export const LONGEST_WORK = 300_000

/** One call of the API. */
export interface Call {
  readonly query?: Query
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** How long the controller was asked to wait, beside the time that any answer may take. */
  readonly waitMs?: number
  /** Whether the call may be sent again when it is not known what became of it. */
  readonly again?: boolean
  /** Ends the call; Ctrl-C where nothing else is said. */
  readonly signal?: AbortSignal
  /** Told when the connection broke off: from then on, no error says that the call was not carried out. */
  readonly onDrop?: () => void
}
