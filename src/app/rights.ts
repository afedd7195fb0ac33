import type { Origin } from '../domain/block.ts'
import { type AccessScope, scopesOf } from '../domain/role.ts'
import type { Person, State, Token } from '../ledger/state.ts'
import { AppError } from './app-error.ts'

export { type AccessScope, SCOPES } from '../domain/role.ts'

/** Who asks. */
export interface Caller {
  readonly token: Token
  /** Whose token it is; a machine's is nobody's. */
  readonly person?: Person
  /** What the token carries and, of a person's, what the roles of the person still allow. */
  readonly scopes: ReadonlySet<AccessScope>
  /** Departments that the caller is bound to; left out, there is no such bound. */
  readonly departments?: readonly string[]
  /** The person's last login is too long ago: there are no rights until they log in again. */
  readonly unconfirmed?: true
}

/** When it is, and how old the last login of a person may be, in milliseconds, for their other tokens to be good. */
export interface Confirmation {
  readonly now: number
  readonly rolesLast: number
}

/**
 * The caller behind a valid token, or `undefined` when its person has left. One whom the identity provider knows and who
 * has not logged in for too long has no rights but through a session.
 */
export function callerBehind(
  token: Token,
  head: Readonly<State>,
  confirmation: Confirmation,
): Caller | undefined {
  const carried = token.roles.length === 0 ? token.scopes : [...token.scopes, ...scopesOf(token.roles)]
  if (token.person === undefined)
    return { token, scopes: new Set(carried), ...boundTo(token.departments, undefined) }
  const person = head.people.get(token.person)
  if (person === undefined || person.left) return undefined
  const bound = boundTo(token.departments, person.departments)
  if (!isConfirmed(token, person, head, confirmation))
    return { token, person, scopes: new Set(), unconfirmed: true, ...bound }
  const allowed = scopesOf(person.roles)
  const scopes = new Set(carried.filter((scope) => allowed.has(scope)))
  return { token, person, scopes, ...bound }
}

/** Whether the identity provider has said lately enough who this is, where it is asked at all. */
export function isConfirmed(
  { session }: Token,
  { id, subject }: Person,
  { logins }: Readonly<State>,
  { now, rolesLast }: Confirmation,
): boolean {
  if (session || subject === undefined) return true
  return now - (logins.get(id) ?? Number.NEGATIVE_INFINITY) < rolesLast
}

/** Both bounds hold. */
function boundTo(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): Pick<Caller, 'departments'> {
  if (a === undefined || b === undefined) {
    const departments = a ?? b
    return departments === undefined ? {} : { departments }
  }
  return { departments: a.filter((name) => b.includes(name)) }
}

/** @throws AppError `forbidden`, naming the missing right */
export function requireScope(caller: Caller, scope: AccessScope): void {
  if (caller.scopes.has(scope)) return
  throw new AppError(403, 'forbidden', `this needs the right ${scope}, ${whyMissing(caller, scope)}`)
}

function whyMissing({ token, person, unconfirmed }: Caller, scope: AccessScope): string {
  if (unconfirmed === true)
    return `and ${person?.name} has not logged in for so long that token ${token.id} has no right; log in again`
  const carried = token.scopes.includes(scope) || scopesOf(token.roles).has(scope)
  if (!carried || person === undefined) return `which token ${token.id} does not carry`
  return `which the roles of ${person.name} (${person.roles.join(', ') || 'none'}) do not give`
}

export function originOf(caller: Caller): Origin {
  return { kind: caller.token.origin, token: caller.token.id }
}
