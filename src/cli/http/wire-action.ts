/** What happens to what is blocked, as the API says it. */
export type Action =
  | 'drop'
  | 'suspend'
  | 'quarantine'
  | { readonly rateLimit: number }
  | { readonly redirect: string }
  | { readonly mark: number }

/** Where an account or a station was; `until` is null while it is there. */
export interface Seen {
  readonly address: string
  readonly mac?: string
  readonly port?: string
  readonly from: string
  readonly until: string | null
}

/** Why something is not done. */
export interface Refusal {
  readonly guard: string
  readonly code: string
  readonly message: string
}
