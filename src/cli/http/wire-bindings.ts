/** What became of a feed of bindings. */
export interface Taken {
  readonly taken: boolean
  readonly bindings: number
  readonly passedOver: number
  readonly problems: readonly { readonly line: number; readonly message: string }[]
}

/** Who had an address from when until when. */
export interface Binding {
  readonly address: string
  readonly mac?: string
  readonly user?: string
  readonly port?: string
  readonly fromPort?: number
  readonly toPort?: number
  readonly from: string
  readonly until: string | null
  readonly source: string
}
