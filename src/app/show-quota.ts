import { scopesOf } from '../domain/role.ts'
import type { RoleLimits } from '../guards/limits.ts'
import { type RoleRule, ruleFor } from '../guards/role-limits.ts'
import type { Person, State, Token } from '../ledger/state.ts'
import { AppError, notFound } from './app-error.ts'
import { nothingAdded } from './at-head.ts'
import type { App } from './context.ts'
import type { Quota } from './quota.ts'
import { quotasOf } from './quotas.ts'
import { type Caller, callerBehind, requireScope } from './rights.ts'
import { ruleOf } from './role-rule.ts'
import { requireRight } from './use-cases.ts'

/** Whose quotas are asked for; the caller's own when both are left out. */
export interface WhoseQuota {
  readonly person?: string
  readonly token?: string
}

/** What somebody may do by their roles, and how much of it is used. */
export interface QuotaView {
  readonly person: Pick<Person, 'id' | 'name'> | undefined
  readonly token: Pick<Token, 'id' | 'name'> | undefined
  /** Without the right there are no quotas. */
  readonly mayBlock: boolean
  readonly roles: RoleRule['roles']
  readonly most: RoleLimits
  readonly quotas: readonly Quota[]
}

/**
 * What somebody may block, and how much of that is used. All tokens of a person count together.
 * @throws AppError `forbidden` for another's without people:write and audit:read; `not-found`, `invalid`
 */
export async function showQuota(app: App, caller: Caller, whose: WhoseQuota): Promise<QuotaView> {
  requireRight(caller, 'showQuota')
  await app.ledger.settled()
  const { head } = app.ledger
  const now = app.clock.now()
  const { person, token, mayBlock, rule } = subjectOf(app, head, now, caller, whose)
  const owner = person?.id ?? token?.id ?? ''
  const added = nothingAdded(app)
  const departments = added.load.departmentsOf(owner)
  const all = { begins: true, proposals: true, emergencies: true, ownHosts: true, departments }
  return {
    person: person === undefined ? undefined : { id: person.id, name: person.name },
    token: token === undefined ? undefined : { id: token.id, name: token.name },
    mayBlock,
    roles: mayBlock ? rule.roles : [],
    most: mayBlock ? rule.most : {},
    quotas: mayBlock ? quotasOf(app, head, now, { owner, rule }, added, all) : [],
  }
}

interface Subject {
  readonly person: Person | undefined
  readonly token: Token | undefined
  readonly mayBlock: boolean
  readonly rule: RoleRule
}

function subjectOf(
  app: App,
  head: Readonly<State>,
  now: number,
  caller: Caller,
  { person: personId, token: tokenId }: WhoseQuota,
): Subject {
  if (personId !== undefined && tokenId !== undefined)
    throw new AppError(400, 'invalid', 'token: give a person or a token, not both', { path: 'token' })
  if (personId !== undefined) return ofPerson(app, head, caller, personId)
  const token = tokenId === undefined ? caller.token : tokenFor(head, caller, tokenId)
  const holder =
    tokenId === undefined ? caller : callerBehind(token, head, { now, rolesLast: app.logins.rolesLast })
  const person = head.people.get(token.person ?? '')
  return {
    person,
    token,
    mayBlock: !token.revoked && holder?.scopes.has('blocks:write') === true,
    rule: ruleOf(app.limits, token, person),
  }
}

function ofPerson(app: App, head: Readonly<State>, caller: Caller, id: string): Subject {
  if (caller.person?.id !== id) requireOthers(caller)
  const person = head.people.get(id)
  if (person === undefined) throw notFound(`person '${id}'`)
  return {
    person,
    token: undefined,
    mayBlock: !person.left && scopesOf(person.roles).has('blocks:write'),
    rule: ruleFor(person.roles, 'person', app.limits),
  }
}

function tokenFor(head: Readonly<State>, caller: Caller, id: string): Token {
  const token = head.tokens.get(id)
  const own = id === caller.token.id || (token?.person !== undefined && token.person === caller.person?.id)
  if (!own) requireOthers(caller)
  if (token === undefined) throw notFound(`token '${id}'`)
  return token
}

/** Whoever decides about people, or looks at what they did. */
function requireOthers(caller: Caller): void {
  if (!caller.scopes.has('audit:read')) requireScope(caller, 'people:write')
}
