import type { Role } from './role.ts'

/** What the members of one group of the identity provider may do. */
export interface GroupGrant {
  readonly group: string
  readonly roles: readonly Role[]
  /** Departments that they are bound to; left out, they are bound to none. */
  readonly departments?: readonly string[]
}

/** What groups come to: roles, and departments that bound all of them. */
export type Granted = Omit<GroupGrant, 'group'>

/** How long what a login says is good, in milliseconds, and what it is worth. */
export interface LoginRules {
  readonly grants: readonly GroupGrant[]
  readonly sessionLasts: number
  /** A person's other tokens are good only while their last login is younger than this. */
  readonly rolesLast: number
}

const HOUR = 3_600_000

/** The rules of a site where nobody logs in; tokens of people who once did go by them too. */
export const NO_LOGINS: LoginRules = Object.freeze({
  grants: [],
  sessionLasts: 8 * HOUR,
  rolesLast: 30 * 24 * HOUR,
})

/**
 * What somebody in these groups may do, by the grants from the first on. A person has one bound for all roles, so a later
 * grant adds only what the grants before and itself allow: its roles, where it reaches as far as they do; its departments,
 * where it allows as much as they do. Nobody gets a role for a department for which no group of theirs has it.
 */
export function grantedTo(groups: readonly string[], grants: readonly GroupGrant[]): Granted {
  const fitting = grants.filter(({ group }) => groups.includes(group))
  const [first, ...more] = fitting
  if (first === undefined) return { roles: [] }
  return more.reduce<Granted>(joined, granted(first.roles, first.departments))
}

function joined(so: Granted, { roles, departments }: GroupGrant): Granted {
  const reaches =
    departments === undefined || so.departments?.every((name) => departments.includes(name)) === true
  if (reaches) return granted([...so.roles, ...roles], so.departments)
  const allows = so.roles.every((role) => roles.includes(role))
  if (allows && so.departments !== undefined) return granted(so.roles, [...so.departments, ...departments])
  return so
}

function granted(roles: readonly Role[], departments: readonly string[] | undefined): Granted {
  return {
    roles: [...new Set(roles)].sort(),
    ...(departments === undefined ? {} : { departments: [...new Set(departments)].sort() }),
  }
}
