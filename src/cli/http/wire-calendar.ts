/** When the service is there. Times have the offset of the calendar's zone. */
export interface CalendarAnswer {
  readonly version: string
  readonly zone: string
  readonly now: { readonly at: string; readonly tier: string; readonly changes?: string }
  readonly targets: {
    readonly unblock: string
    readonly logs: string
    readonly acknowledge: { readonly urgent: string; readonly important: string; readonly other: string }
    readonly soon: string
  }
  readonly days: readonly CalendarDay[]
}

export interface CalendarDay {
  readonly day: string
  readonly hours: readonly { readonly tier: string; readonly from: string; readonly to: string }[]
  readonly holiday?: string
  readonly closure?: string
  readonly opening?: string
}

/** When something that is promised is due. */
export interface DueAnswer {
  readonly version: string
  readonly zone: string
  readonly target: string
  readonly from: string
  readonly tier: string
  readonly due: string
  readonly timeMs: number
  readonly remind: string
}
