import { BLOCKING_ROLES, ROLES } from '../domain/role.ts'

/** What to write instead of a field that is not known, where that can be said. */
export function insteadOf(path: readonly (string | number)[]): string | undefined {
  const [first, second, third] = path
  if (first !== 'limits') return undefined
  if (second === 'active')
    return 'said by role now: limits.roles.analyst.active for people, limits.roles.trigger.active for machines'
  if (second === 'roles' && path.length === 3 && ROLES.some((role) => role === third))
    return `the role ${third} does not block; there are limits for ${BLOCKING_ROLES.join(' and ')}`
  return undefined
}
