import { isMacForm, parseAccount, parseStation } from './identity.ts'
import { type Prefix, parsePrefix } from './prefix.ts'

/**
 * What is restricted. A department and a connection are named prefix sets of the inventory. An account is `user@realm` in
 * lower case, a station a MAC address in lower case with colons: whoever it is has no addresses of their own.
 */
export type Target = { readonly kind: 'host'; readonly prefix: Prefix } | NamedTarget | IdentityTarget

export interface NamedTarget {
  readonly kind: NamedKind
  readonly name: string
}

export interface IdentityTarget {
  readonly kind: IdentityTargetKind
  readonly name: string
}

export const NAMED_KINDS = ['department', 'connection'] as const
export type NamedKind = (typeof NAMED_KINDS)[number]

export const IDENTITY_TARGETS = ['account', 'station'] as const
export type IdentityTargetKind = (typeof IDENTITY_TARGETS)[number]

export const TARGET_KINDS = ['host', ...NAMED_KINDS, ...IDENTITY_TARGETS] as const

/** A set of prefixes that the inventory has a name for. */
export function isNamed(target: Target): target is NamedTarget {
  return target.kind === 'department' || target.kind === 'connection'
}

/** An account or a station. */
export function isIdentity(target: Target): target is IdentityTarget {
  return target.kind === 'account' || target.kind === 'station'
}

/**
 * Reads a target as people type it: an address, a prefix, `department:NAME`, `connection:NAME`, an account `user@realm`, or the
 * MAC address of a station; `account:` and `station:` may stand before these.
 * @throws InputError
 */
export function readTarget(text: string): Target {
  const named = /^(department|connection):([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(text)
  if (named !== null) return { kind: named[1] as NamedKind, name: named[2] ?? '' }
  const [, account] = /^account:(.*)$/.exec(text) ?? []
  if (account !== undefined || text.includes('@'))
    return { kind: 'account', name: parseAccount(account ?? text) }
  const [, station] = /^station:(.*)$/.exec(text) ?? []
  if (station !== undefined || isMacForm(text))
    return { kind: 'station', name: parseStation(station ?? text) }
  return { kind: 'host', prefix: parsePrefix(text) }
}

export function targetText(target: Target): string {
  if (target.kind === 'host') return target.prefix
  return isIdentity(target) ? target.name : `${target.kind}:${target.name}`
}
