export interface RetentionRun {
  readonly at: string
  readonly dry: boolean
  readonly rules: readonly {
    readonly rule: string
    readonly after: string
    readonly erased: number
    readonly waits: number
  }[]
  readonly devices: readonly { readonly device: string; readonly why: string; readonly events: number }[]
}

export interface Retention {
  readonly rules: readonly { readonly rule: string; readonly after: string | null }[]
  readonly last: RetentionRun | null
}
