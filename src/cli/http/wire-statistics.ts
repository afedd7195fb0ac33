/** How long things took: how many, and what shares of them did not exceed. */
export interface Times {
  readonly n: number
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
}

interface RequestFigures {
  readonly filed: number
  readonly reopened: number
  readonly settled: Readonly<Record<string, number>>
  readonly answer: Times
  readonly answered: { readonly met: number; readonly missed: number }
  readonly acknowledged: { readonly met: number; readonly missed: number }
}

export interface StatisticsRow {
  readonly from: string
  readonly to: string
  readonly group?: string | null
  readonly blocks: {
    readonly began: number
    readonly proposed: number
    readonly ended: Readonly<Record<string, number>>
    readonly enforce: Times
    readonly verify: Times
    readonly lift: Times
    readonly stopped: { readonly blocks: number; readonly packets: number; readonly bytes: number }
  }
  readonly requests?: { readonly unblock: RequestFigures; readonly logs: RequestFigures }
  readonly triggers?: Readonly<Record<string, number>>
  readonly messages?: Readonly<Record<string, number>>
}

export interface StatisticsAnswer {
  readonly from: string
  readonly to: string
  readonly by?: string
  readonly step?: string
  readonly departments?: readonly string[]
  readonly countedTo: string
  readonly total: StatisticsRow
  readonly rows: readonly StatisticsRow[]
  readonly now: Readonly<Record<'unblock' | 'logs', { readonly open: number; readonly overdue: number }>>
}

type Usual = { readonly p50Ms: number; readonly p90Ms: number } | null

/** `null` is withheld. */
export interface PublicStatisticsAnswer {
  readonly smallest: number
  readonly months: readonly {
    readonly month: string
    readonly blocks: {
      readonly began: number | null
      readonly ended: number | null
      readonly enforce: Usual
      readonly lift: Usual
    }
    readonly requests: { readonly filed: number | null; readonly answer: Usual }
  }[]
}
