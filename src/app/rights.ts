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
}

/** The caller behind a valid token, or `undefined` when its person has left. */
export function callerBehind(token: Token, head: Readonly<State>): Caller | undefined {
  const carried = token.roles.length === 0 ? token.scopes : [...token.scopes, ...scopesOf(token.roles)]
  if (token.person === undefined)
    return { token, scopes: new Set(carried), ...boundTo(token.departments, undefined) }
  const person = head.people.get(token.person)
  if (person === undefined || person.left) return undefined
  const allowed = scopesOf(person.roles)
  const scopes = new Set(carried.filter((scope) => allowed.has(scope)))
  return { token, person, scopes, ...boundTo(token.departments, person.departments) }
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

function whyMissing({ token, person }: Caller, scope: AccessScope): string {
  const carried = token.scopes.includes(scope) || scopesOf(token.roles).has(scope)
  if (!carried || person === undefined) return `which token ${token.id} does not carry`
  return `which the roles of ${person.name} (${person.roles.join(', ') || 'none'}) do not give`
}

export function originOf(caller: Caller): Origin {
  return { kind: caller.token.origin, token: caller.token.id }
}
