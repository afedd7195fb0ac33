/** One limit, and how much of it is used. */
export interface Quota {
  readonly name: string
  readonly department?: string
  readonly used: number
  readonly most: number
  readonly counts: string
  readonly freesAt?: string
}

/** What somebody may block, and how much of that is used. */
export interface QuotaAnswer {
  readonly person?: { readonly id: string; readonly name: string }
  readonly token?: { readonly id: string; readonly name: string }
  readonly mayBlock: boolean
  readonly roles: readonly string[]
  readonly most: {
    readonly ipv4Addresses?: number
    readonly ipv6Length?: number
    readonly durationMs?: number
    readonly active?: number
    readonly departmentShare?: number
  }
  readonly quotas: readonly Quota[]
}
