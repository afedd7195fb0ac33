import { durationText } from '../domain/duration.ts'
import { type Prefix, prefixFamily, prefixLength } from '../domain/prefix.ts'
import { BLOCKING_ROLES, type BlockingRole, type Role } from '../domain/role.ts'
import type { Limits, Refusal, RoleLimits } from './limits.ts'
import type { Hits } from './radius.ts'
import type { Ask } from './width.ts'

/** The most that somebody may do by their roles. */
export interface RoleRule {
  readonly roles: readonly BlockingRole[]
  readonly most: RoleLimits
  /** What people may not do alone they may with others; a machine may not at all. */
  readonly kind: 'person' | 'automatic'
}

/** What goes beyond a role: for people a reason to ask others, for machines one to refuse. */
export interface Beyond {
  readonly asks: readonly Ask[]
  readonly refusals: readonly Refusal[]
}

/**
 * The rule for whoever has these roles; those that may not block count for nothing. A right to block without such a role is an
 * analyst's in the hands of a person and a trigger's in those of a machine.
 */
export function ruleFor(roles: readonly Role[], kind: RoleRule['kind'], limits: Limits): RoleRule {
  const blocking = BLOCKING_ROLES.filter((role) => roles.includes(role))
  const counting: readonly BlockingRole[] =
    blocking.length > 0 ? blocking : [kind === 'person' ? 'analyst' : 'trigger']
  return { roles: counting, most: mostGenerous(counting.map((role) => limits.roles[role])), kind }
}

/** For each field the most generous; what one of them does not limit is not limited. */
function mostGenerous(all: readonly RoleLimits[]): RoleLimits {
  const [only, ...others] = all
  // Almost always, and asked for each block of a batch.
  if (only !== undefined && others.length === 0) return only
  const best = (name: keyof RoleLimits, pick: (...values: number[]) => number) => {
    const values = all.flatMap((one) => one[name] ?? [])
    return values.length < all.length ? {} : { [name]: pick(...values) }
  }
  return {
    ...best('ipv4Addresses', Math.max),
    ...best('ipv6Length', Math.min),
    ...best('duration', Math.max),
    ...best('active', Math.max),
    ...best('departmentShare', Math.max),
  }
}

/** What of a block by itself is wider than the role may block alone. */
export function beyondWidth(rule: RoleRule, prefixes: readonly Prefix[], hits: Hits): Beyond {
  const { ipv4Addresses, ipv6Length } = rule.most
  const wide =
    ipv6Length === undefined
      ? undefined
      : prefixes.find((prefix) => prefixFamily(prefix) === 6 && prefixLength(prefix) < ipv6Length)
  return beyond(rule, 'role-width', [
    ...(ipv4Addresses === undefined || hits.ipv4Addresses <= ipv4Addresses
      ? []
      : [
          `it hits ${hits.ipv4Addresses} IPv4 addresses; ${nameOf(rule)} blocks up to ${ipv4Addresses} alone`,
        ]),
    ...(wide === undefined
      ? []
      : [`${wide} is wider than /${ipv6Length}, the widest that ${nameOf(rule)} blocks alone`]),
  ])
}

/** What of a department would be off. */
export interface DepartmentLoad {
  readonly name: string
  readonly users: number
  /** Hosts that the person or machine would have off, this block's too. */
  readonly off: number
}

/** Hosts of a department with so many users that one may have off alone; `undefined` where that is not limited. */
export function mostOff({ most }: Pick<RoleRule, 'most'>, users: number): number | undefined {
  if (most.departmentShare === undefined || users === 0) return undefined
  return Math.max(1, Math.floor(users * most.departmentShare))
}

/** Departments of which more would be off than the role may take off alone. */
export function beyondShare(rule: RoleRule, departments: readonly DepartmentLoad[]): Beyond {
  const messages = departments.flatMap(({ name, users, off }) => {
    const most = mostOff(rule, users)
    if (most === undefined || off <= most) return []
    return [
      `${off} hosts of department ${name} would be off; ${nameOf(rule)} takes up to ${most} of its ${users} users off alone`,
    ]
  })
  return beyond(rule, 'role-share', messages)
}

function beyond(rule: RoleRule, code: 'role-width' | 'role-share', messages: readonly string[]): Beyond {
  if (rule.kind === 'person') return { asks: messages.map((message) => ({ code, message })), refusals: [] }
  const right =
    code === 'role-width'
      ? 'ask for less, or let a person ask for it'
      : 'release some first, or let a person ask for it'
  return { asks: [], refusals: messages.map((message) => refusal(code, `${message}; ${right}`)) }
}

/** Refuses what lasts longer than the role may block. @param lasts milliseconds; `null` for no end */
export function refuseLifetime(rule: RoleRule, lasts: number | null): Refusal[] {
  const { duration } = rule.most
  // That a machine's block has to end at all is another guard's to say.
  if (duration === undefined || (lasts === null && rule.kind === 'automatic')) return []
  if (lasts !== null && lasts <= duration) return []
  const asked = lasts === null ? 'it would have no end' : `it would last ${durationText(lasts)}`
  const message = `${asked}; blocks of ${nameOf(rule)} last ${durationText(duration)} at the most`
  return [refusal('role-duration', message)]
}

/** Refuses one more block; to be asked at the head of the ledger. @param active blocks that are on by then */
export function refuseActive(rule: RoleRule, active: number): Refusal[] {
  const most = rule.most.active
  if (most === undefined || active < most) return []
  const message = `${active} blocks of yours are on, with all of your tokens; ${nameOf(rule)} has up to ${most} on at once: release some first`
  return [refusal('role-active', message)]
}

function nameOf({ roles }: RoleRule): string {
  return roles.length === 1 ? `the role ${roles[0]}` : `the roles ${roles.join(', ')}`
}

function refusal(code: string, message: string): Refusal {
  return { guard: 'limits', code, message }
}
