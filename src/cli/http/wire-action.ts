/** What happens to what is blocked, as the API says it. */
export type Action =
  | 'drop'
  | 'suspend'
  | 'quarantine'
  | { readonly rateLimit: number }
  | { readonly redirect: string }
  | { readonly mark: number }
