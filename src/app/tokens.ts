import { hash, timingSafeEqual } from 'node:crypto'
import type { Origin } from '../domain/block.ts'
import type { Bounds } from '../domain/bounds.ts'
import { BOUND_ROLES, type Role, scopesOf } from '../domain/role.ts'
import type { TokenCreated } from '../ledger/people-events.ts'
import { LOCAL, type Person, type State, type Token } from '../ledger/state.ts'
import { AppError, notFound } from './app-error.ts'
import type { App } from './context.ts'
import {
  type AccessScope,
  type Caller,
  type Confirmation,
  callerBehind,
  isConfirmed,
  originOf,
  requireScope,
} from './rights.ts'
import { requireRight } from './use-cases.ts'

/** What a token is asked to be: its rights are those of the roles together with the scopes. */
export interface NewToken {
  readonly name: string
  readonly scopes?: readonly AccessScope[]
  readonly roles?: readonly Role[]
  /** Whether a person or a machine uses it; a machine's blocks must end and pass the breaker. */
  readonly origin: Origin['kind']
  /** Id of the person whose it is; the caller's own when left out. */
  readonly person?: string
  readonly departments?: readonly string[]
  readonly bounds?: Bounds
  /** Milliseconds since 1970; `null` for never. */
  readonly until: number | null
}

/** The secret is shown once and kept nowhere: `cordon_ID_RANDOM`. */
export interface CreatedToken {
  readonly token: Token
  readonly secret: string
}

/**
 * Makes a token. Nobody can give a right that they do not have, except whoever decides about people: they give others and
 * machines what these are to do. For themselves people need no right to make one that may do less.
 * @throws AppError `forbidden`, `invalid`
 */
export async function createToken(app: App, caller: Caller, wanted: NewToken): Promise<CreatedToken> {
  const person = wanted.origin === 'person' ? (wanted.person ?? caller.person?.id) : undefined
  refuseShape(app, wanted, person)
  const own = person !== undefined && person === caller.person?.id
  if (!own) requireRight(caller, 'createToken')
  if (wanted.origin === 'person' && !own) requireScope(caller, 'people:write')
  else if (own || !caller.scopes.has('people:write')) refuseBeyond(caller, wanted)
  return recordToken(app, { ...wanted, ...(person === undefined ? {} : { person }) }, originOf(caller).token)
}

function refuseShape(
  app: App,
  { origin, person, scopes, roles, departments }: NewToken,
  whose?: string,
): void {
  if ((scopes?.length ?? 0) + (roles?.length ?? 0) === 0)
    throw new AppError(400, 'invalid', 'roles: a token without roles and scopes could do nothing', {
      path: 'roles',
    })
  if (origin === 'automatic' && person !== undefined)
    throw new AppError(400, 'invalid', "person: a machine's token is nobody's; leave it out", {
      path: 'person',
    })
  if (origin === 'person' && whose === undefined)
    throw new AppError(403, 'forbidden', 'a machine cannot make a token for a person')
  if (whose !== undefined && app.ledger.head.people.get(whose)?.left !== false)
    throw new AppError(400, 'invalid', `person: there is no person '${whose}'`, { path: 'person' })
  const unknown = departments?.find((name) => !app.inventory.departments.has(name))
  if (unknown !== undefined)
    throw new AppError(400, 'invalid', `departments: there is no department '${unknown}'`, {
      path: 'departments',
    })
  if (
    roles?.some((role) => BOUND_ROLES.includes(role)) === true &&
    departments === undefined &&
    origin === 'automatic'
  )
    throw new AppError(400, 'invalid', 'departments: such a role is for departments; name them', {
      path: 'departments',
    })
}

function refuseBeyond(caller: Caller, { scopes = [], roles = [], departments }: NewToken): void {
  const beyond = [...scopes, ...scopesOf(roles)].find((scope) => !caller.scopes.has(scope))
  if (beyond !== undefined)
    throw new AppError(403, 'forbidden', `you do not have the right ${beyond}, so you cannot give it`)
  const foreign = departments?.find((name) => caller.departments?.includes(name) === false)
  if (foreign !== undefined || (departments === undefined && caller.departments !== undefined))
    throw new AppError(
      403,
      'forbidden',
      `you are bound to ${caller.departments?.join(', ')}, so the token is too; name its departments`,
    )
}

/** The first token of a new ledger, made by whoever runs the controller. */
export function createRootToken(app: App, name: string): Promise<CreatedToken> {
  return recordToken(
    app,
    { name, roles: LOCAL.roles, origin: 'person', person: LOCAL.id, until: null },
    LOCAL.id,
  )
}

/** Records a token, whose right to be was asked before. */
async function recordToken(app: App, wanted: NewToken, by: string): Promise<CreatedToken> {
  const { event, secret } = mintToken(app, wanted, by)
  const token = await app.ledger.commit(
    (head) => {
      refuseTaken(head, event)
      return {
        events: [event],
        get answer() {
          return recordedToken(head, event)
        },
      }
    },
    { bytes: 2_048 + 6 * JSON.stringify(wanted).length, always: false },
  )
  return { token, secret }
}

/** A new token as it is to be recorded, and its secret. */
export function mintToken(
  app: App,
  { scopes = [], roles = [], ...rest }: NewToken & { readonly session?: true },
  by: string,
): { readonly event: TokenCreated; readonly secret: string } {
  const token = `t${plainId(app, 6)}`
  const random = app.randomText(32)
  const event = { type: 'token.created' as const, token, hash: digestOf(random), scopes, roles, ...rest, by }
  return { event, secret: `cordon_${token}_${random}` }
}

/** @throws AppError `token-exists` */
export function refuseTaken(head: Readonly<State>, { token }: TokenCreated): void {
  if (head.tokens.has(token)) throw new AppError(409, 'token-exists', 'that id is taken; try again')
}

/** The token that an event made, once it is folded. */
export function recordedToken(head: Readonly<State>, { token }: TokenCreated): Token {
  const made = head.tokens.get(token)
  if (made === undefined) throw new Error(`token ${token} is not in the head right after it was recorded`)
  return made
}

/** Random letters and digits. */
export function plainId(app: App, bytes: number): string {
  return app.randomText(bytes).replaceAll(/[-_]/g, '0')
}

function digestOf(random: string): string {
  return hash('sha256', random, 'base64url')
}

/** Who holds this secret. @throws AppError `unauthenticated`, which never says what exactly was wrong */
export function authenticate(app: App, secret: string | undefined): Caller {
  const [, id, random] = /^cordon_([A-Za-z0-9]+)_([A-Za-z0-9_-]{43})$/.exec(secret ?? '') ?? []
  const { head } = app.ledger
  const token = head.tokens.get(id ?? '')
  if (
    token !== undefined &&
    random !== undefined &&
    isSame(token.hash, digestOf(random)) &&
    isValid(token, app.clock.now())
  ) {
    const caller = callerBehind(token, head, confirmationOf(app))
    if (caller !== undefined) return caller
  }
  throw unauthenticated()
}

/** Never says what exactly was wrong. */
export function unauthenticated(): AppError {
  return new AppError(
    401,
    'unauthenticated',
    'a valid token is needed: Authorization: Bearer cordon_…, or the cookie of a session; it may be missing, mistyped, expired or revoked',
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

/** Whether who was let in would still be, with the same rights: the token may be revoked or over, its person changed. */
export function isStillGood(app: App, { token: { id }, person }: Caller): boolean {
  const { head } = app.ledger
  const token = head.tokens.get(id)
  if (token === undefined || !isValid(token, app.clock.now())) return false
  return (
    person === undefined ||
    (isUnchanged(person, head) && isConfirmed(token, person, head, confirmationOf(app)))
  )
}

function confirmationOf({ clock, logins }: App): Confirmation {
  return { now: clock.now(), rolesLast: logins.rolesLast }
}

function isUnchanged(person: Person, { people }: Readonly<State>): boolean {
  return people.get(person.id) === person
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function isValid(token: Token, now: number): boolean {
  return !token.revoked && (token.until === null || now < token.until)
}

/** All tokens, or those of the caller's own person, for whoever may not see others'. */
export async function listTokens(app: App, caller: Caller): Promise<Token[]> {
  const all = caller.scopes.has('tokens:write')
  if (caller.person === undefined) requireRight(caller, 'listTokens')
  await app.ledger.settled()
  const tokens = [...app.ledger.head.tokens.values()]
  return all ? tokens : tokens.filter(({ person }) => person === caller.person?.id)
}

/** Revokes a token, one's own without any right; revoking twice is no error. @throws AppError `not-found` */
export async function revokeToken(app: App, caller: Caller, id: string): Promise<void> {
  const own = caller.person !== undefined && app.ledger.head.tokens.get(id)?.person === caller.person.id
  if (!own) requireRight(caller, 'revokeToken')
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
