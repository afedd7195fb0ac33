import type { Role } from '../domain/role.ts'
import type { Limits } from '../guards/limits.ts'
import { type RoleRule, ruleFor } from '../guards/role-limits.ts'
import { ownerOf, type Person, type State, type Token } from '../ledger/state.ts'
import type { Caller } from './rights.ts'

/** The most that whoever holds this token may do by their roles. @param person whose token it is */
export function ruleOf(limits: Limits, token: Token, person: Person | undefined): RoleRule {
  return ruleFor(rolesBehind(token, person), token.origin, limits)
}

/** The same of a token by its id, as people and tokens are now. One that is not known is a machine's without roles. */
export function ruleOfToken(limits: Limits, { tokens, people }: Readonly<State>, id: string): RoleRule {
  const token = tokens.get(id)
  if (token === undefined) return ruleFor([], 'automatic', limits)
  return ruleOf(limits, token, people.get(token.person ?? ''))
}

/** Whose limits count. */
export interface Holder {
  /** Person, or token of a machine. */
  readonly owner: string
  readonly rule: RoleRule
}

/** Whose limits count for what a caller asks. */
export function holderOf(
  limits: Limits,
  head: Readonly<State>,
  { token, person }: Pick<Caller, 'token' | 'person'>,
): Holder {
  return { owner: ownerOf(head, token.id), rule: ruleOf(limits, token, person) }
}

/** Roles that a token has its rights from; the right itself in a person's token stands for any role of the person. */
function rolesBehind({ roles, scopes }: Token, person: Person | undefined): readonly Role[] {
  if (person === undefined) return roles
  if (scopes.includes('blocks:write')) return person.roles
  return person.roles.filter((role) => roles.includes(role))
}
