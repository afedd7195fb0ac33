/** One incident, as its source speaks of it. */
export interface Incident {
  readonly source: string
  readonly sourceName?: string
  readonly id: string
  readonly target: string
  readonly open: boolean
  readonly opens: number
  /** When something was said of it last, and what was decided. */
  readonly at: string
  readonly trigger: number
  readonly category: string
  readonly verdict: string
  readonly deed: string
  readonly policy?: string
  readonly rule?: string
  readonly attack?: string
  readonly blocks: readonly { readonly id: number; readonly name: string }[]
}

export interface IncidentPage {
  readonly incidents: readonly Incident[]
  readonly next?: number
}

/** What was said once, and what was decided and done. */
export interface Word {
  readonly at: string
  readonly trigger: number
  readonly kind: string
  readonly target?: string
  readonly category: string
  readonly verdict: string
  readonly deed: string
  readonly policy?: string
  readonly rule?: string
  readonly why?: string
  /** Name of the block that it is about. */
  readonly name?: string
}

/** A trigger, and all that was said of its incident. */
export interface IncidentHistory {
  readonly trigger: number
  readonly source: string
  readonly format: string
  readonly record: Readonly<Record<string, unknown>>
  readonly words: readonly Word[]
  readonly earlier: number
}
