import type { Ends } from './wire.ts'

export interface Token {
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly origin: string
  readonly person?: string
  readonly departments?: readonly string[]
  readonly until: string | null
  readonly revoked: boolean
}

export interface Person {
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
  readonly departments?: readonly string[]
  readonly left: boolean
}

/** Who asks, and what they may do. */
export interface Whoami {
  readonly token: Token
  readonly person?: { readonly id: string; readonly name: string; readonly roles: readonly string[] }
  readonly scopes: readonly string[]
  readonly departments?: readonly string[]
}

/** Somebody stopped something. */
export interface Stopped {
  readonly by: string
  readonly reason: string
  readonly at: string
}

export interface Automation {
  readonly stopped: boolean
  readonly frozen?: Stopped
  readonly breakers: readonly {
    readonly breaker: string
    readonly limit: string
    readonly source: string
    readonly at: string
  }[]
  readonly muted: readonly (Stopped & { readonly token: string; readonly name?: string })[]
  readonly blocks: number
}

export interface Inventory {
  readonly digest: string
  readonly loadedAt: string
  readonly departments: number
  readonly connections: number
  readonly protected: number
  readonly hosts: number
  readonly devices: number
  readonly needsRestart: readonly string[]
  readonly reviews: readonly { readonly name: string; readonly prefix: string; readonly review: string }[]
  readonly failed?: { readonly at: string; readonly problems: readonly string[] }
  readonly asks?: { readonly at: string; readonly digest: string; readonly why: string }
}

export interface InventoryPlan {
  readonly digest: string
  readonly changes: readonly {
    readonly kind: string
    readonly name: string
    readonly what: string
    readonly gained: readonly string[]
    readonly lost: readonly string[]
    readonly fields: readonly string[]
  }[]
  readonly hosts: { readonly added: number; readonly removed: number; readonly changed: number }
  readonly effects: readonly {
    readonly name: string
    readonly target: string
    readonly kind: string
    readonly after: readonly string[]
    readonly why: string
  }[]
  readonly needsRestart: readonly string[]
  readonly calendar?: { readonly before: string; readonly after: string }
  readonly asks?: string
}

export interface NewToken extends Ends {
  readonly name: string
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[]
  readonly origin: 'person' | 'automatic'
  readonly person?: string
  readonly departments?: readonly string[]
  readonly bounds?: {
    readonly targets?: readonly string[]
    readonly ipv4Addresses?: number
    readonly ipv6Length?: number
    readonly duration?: string
  }
}

export interface PersonRoles {
  readonly name: string
  readonly roles: readonly string[]
  readonly departments?: readonly string[]
}

export interface PersonChange extends Partial<PersonRoles> {
  /** Adds again one who was removed. */
  readonly left?: false
}
