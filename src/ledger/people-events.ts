import type { Origin } from '../domain/block.ts'
import type { Bounds } from '../domain/bounds.ts'
import type { AccessScope, Role } from '../domain/role.ts'

export interface TokenCreated {
  readonly type: 'token.created'
  readonly token: string
  /** SHA-256 of the secret, base64url. */
  readonly hash: string
  readonly name: string
  readonly scopes: readonly AccessScope[]
  readonly roles: readonly Role[]
  readonly origin: Origin['kind']
  /** Whose it is; a machine's is nobody's. */
  readonly person?: string
  /** Departments that it is bound to. */
  readonly departments?: readonly string[]
  readonly bounds?: Bounds
  /** Whether it is the session of a browser, which somebody begins by logging in. */
  readonly session?: true
  readonly until: number | null
  readonly by: string
}

/** Somebody who may act, as an administrator or the identity provider has said; what was said last counts. */
export interface PersonKnown {
  readonly type: 'person.known'
  readonly person: string
  readonly name: string
  /** What the identity provider calls them: issuer and subject. */
  readonly subject?: string
  readonly roles: readonly Role[]
  /** Departments that they are bound to. */
  readonly departments?: readonly string[]
  readonly by: string
}

/** None of the person's tokens and sessions is good any more, nor will they be when the person is added again. */
export interface PersonLeft {
  readonly type: 'person.left'
  readonly person: string
  readonly by: string
}

export interface TokenRevoked {
  readonly type: 'token.revoked'
  readonly token: string
  readonly by: string
}
