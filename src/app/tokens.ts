import { hash, timingSafeEqual } from 'node:crypto'
import type { Origin } from '../domain/block.ts'
import type { Token } from '../ledger/state.ts'
import { AppError, notFound } from './app-error.ts'
import type { App } from './context.ts'
import { type AccessScope, type Caller, originOf, requireScope, SCOPES } from './rights.ts'

/** What a token is asked to be. */
export interface NewToken {
  readonly name: string
  readonly scopes: readonly AccessScope[]
  /** Whether a person or a machine uses it; a machine's blocks must end and pass the breaker. */
  readonly origin: Origin['kind']
  /** Milliseconds since 1970; `null` for never. */
  readonly until: number | null
}

/** The secret is shown once and kept nowhere: `cordon_ID_RANDOM`. */
export interface CreatedToken {
  readonly token: Token
  readonly secret: string
}

/** Makes a token. Nobody can give a right that they do not have. */
export async function createToken(app: App, caller: Caller, wanted: NewToken): Promise<CreatedToken> {
  requireScope(caller, 'tokens:write')
  const beyond = wanted.scopes.find((scope) => !caller.token.scopes.includes(scope))
  if (beyond !== undefined)
    throw new AppError(403, 'forbidden', `your own token does not carry ${beyond}, so it cannot give it`)
  if (caller.token.origin === 'automatic' && wanted.origin === 'person')
    throw new AppError(403, 'forbidden', 'a machine cannot make a token for a person')
  return recordToken(app, wanted, originOf(caller).token)
}

/** The first token of a new ledger, made by whoever runs the controller. */
export function createRootToken(app: App, name: string): Promise<CreatedToken> {
  return recordToken(app, { name, scopes: SCOPES, origin: 'person', until: null }, 'local')
}

async function recordToken(app: App, wanted: NewToken, by: string): Promise<CreatedToken> {
  const id = `t${app.randomText(6).replaceAll(/[-_]/g, '0')}`
  const random = app.randomText(32)
  const token: Token = {
    id,
    hash: digestOf(random),
    name: wanted.name,
    scopes: wanted.scopes,
    origin: wanted.origin,
    until: wanted.until,
    revoked: false,
  }
  const { name, scopes, origin, until } = wanted
  await app.ledger.commit(
    (head) => {
      if (head.tokens.has(id)) throw new AppError(409, 'token-exists', 'that id is taken; try again')
      return {
        events: [{ type: 'token.created', token: id, hash: token.hash, name, scopes, origin, until, by }],
        answer: undefined,
      }
    },
    { bytes: 1_024 + 6 * name.length, always: false },
  )
  return { token, secret: `cordon_${id}_${random}` }
}

function digestOf(random: string): string {
  return hash('sha256', random, 'base64url')
}

/** Who holds this secret. @throws AppError `unauthenticated`, which never says what exactly was wrong */
export function authenticate(app: App, secret: string | undefined): Caller {
  const [, id, random] = /^cordon_([A-Za-z0-9]+)_([A-Za-z0-9_-]{43})$/.exec(secret ?? '') ?? []
  const token = app.ledger.head.tokens.get(id ?? '')
  if (
    token !== undefined &&
    random !== undefined &&
    isSame(token.hash, digestOf(random)) &&
    isValid(token, app.clock.now())
  )
    return { token }
  throw new AppError(
    401,
    'unauthenticated',
    'a valid token is needed: Authorization: Bearer cordon_…; it may be missing, mistyped, expired or revoked',
  )
}

/** Whether this secret would let its holder in now. */
export function isTokenGood(app: App, secret: string): boolean {
  try {
    authenticate(app, secret)
    return true
  } catch {
    return false
  }
}

/** Whether who was let in would still be: the token may have been revoked, or be over. */
export function isStillGood({ ledger, clock }: App, { token: { id } }: Caller): boolean {
  const token = ledger.head.tokens.get(id)
  return token !== undefined && isValid(token, clock.now())
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function isValid(token: Token, now: number): boolean {
  return !token.revoked && (token.until === null || now < token.until)
}

export async function listTokens(app: App, caller: Caller): Promise<Token[]> {
  requireScope(caller, 'tokens:write')
  await app.ledger.settled()
  return [...app.ledger.head.tokens.values()]
}

/** Revokes a token; revoking twice is no error. @throws AppError `not-found` */
export async function revokeToken(app: App, caller: Caller, id: string): Promise<void> {
  requireScope(caller, 'tokens:write')
  await app.ledger.commit(
    (head) => {
      const token = head.tokens.get(id)
      if (token === undefined) throw notFound(`token '${id}'`)
      return {
        events: token.revoked ? [] : [{ type: 'token.revoked', token: id, by: originOf(caller).token }],
        answer: undefined,
      }
    },
    { bytes: 512, always: true },
  )
}
