import type { Action } from '../http/wire-action.ts'

/** What a block says about traffic, in words. */
export interface Spec {
  readonly target: string
  readonly match?: Readonly<Record<string, string | undefined>>
  readonly direction: string
  readonly action: Action
  readonly scope: string
}

export function actionText(action: Action): string {
  if (typeof action === 'string') return action
  if ('redirect' in action) return `redirect to place ${action.redirect} what goes`
  if ('mark' in action) return `mark with DSCP ${action.mark} what goes`
  return `at most ${bytesText(action.rateLimit)}/s per router`
}

export function bytesText(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (bytes >= size) return `${Number((bytes / size).toFixed(2))} ${unit}`
  return `${bytes} B`
}

/** Which packets of the target: `protocol=17 destinationPort=53`; empty for all of them. */
export function matchText(match: Spec['match']): string {
  return Object.entries(match ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** Accounts and stations have no direction. */
function isIdentityText(target: string): boolean {
  return target.includes('@') || /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(target)
}

/** `drop to 192.0.2.7/32 (protocol=17)`, `suspend alice@campus.example`. */
export function specText({ target, match, direction, action }: Spec): string {
  if (isIdentityText(target)) return `${actionText(action)} ${target}`
  const what = matchText(match)
  const way = direction === 'both' ? 'to and from' : direction
  return `${actionText(action)} ${way} ${target}${what === '' ? '' : ` (${what})`}`
}
