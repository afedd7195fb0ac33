import type { Bounds } from '../domain/bounds.ts'
import { type Prefix, prefixContains, prefixFamily, prefixLength } from '../domain/prefix.ts'
import type { IdentityTarget } from '../domain/target.ts'
import type { Refusal } from './limits.ts'
import type { Hits } from './radius.ts'

/** Refuses what goes beyond the bounds of the token that asks. @param lasts milliseconds; `null` for no end */
export function refuseBeyondBounds(
  bounds: Bounds | undefined,
  prefixes: readonly Prefix[],
  hits: Hits,
  lasts: number | null,
): Refusal[] {
  if (bounds === undefined) return []
  const { targets, ipv4Addresses, ipv6Length, duration } = bounds
  const outside = targets === undefined ? undefined : prefixes.find((prefix) => !liesIn(targets, prefix))
  const wide = ipv6Length === undefined ? undefined : prefixes.find((prefix) => isWider(prefix, ipv6Length))
  return [
    ...(outside === undefined
      ? []
      : refuse('bounds-target', `${outside} is not in what this token may block (${targets?.join(', ')})`)),
    ...(ipv4Addresses === undefined || hits.ipv4Addresses <= ipv4Addresses
      ? []
      : refuse(
          'bounds-width',
          `it hits ${hits.ipv4Addresses} IPv4 addresses; this token may block up to ${ipv4Addresses} at once`,
        )),
    ...(wide === undefined
      ? []
      : refuse('bounds-width', `${wide} is wider than /${ipv6Length}, the widest that this token may block`)),
    ...(duration === undefined ? [] : refuseLasting(duration, lasts)),
  ]
}

/** What a token may block is said in prefixes: whoever is bound to some may block no account and no station. */
export function refuseIdentityBeyond(
  bounds: Bounds | undefined,
  { kind, name }: IdentityTarget,
  lasts: number | null,
): Refusal[] {
  if (bounds === undefined) return []
  const { targets, duration } = bounds
  const outside = `${name} is ${kind === 'account' ? 'an account' : 'a station'}`
  return [
    ...(targets === undefined
      ? []
      : refuse('bounds-target', `${outside}, and this token may block ${targets.join(', ')} alone`)),
    ...(duration === undefined ? [] : refuseLasting(duration, lasts)),
  ]
}

/** Refuses what lasts longer than `most` milliseconds. @param lasts `null` for no end */
export function refuseLasting(most: number, lasts: number | null): Refusal[] {
  if (lasts !== null && lasts <= most) return []
  return refuse('bounds-duration', `blocks of this token last ${Math.floor(most / 1_000)} s at the most`)
}

function liesIn(targets: readonly Prefix[], prefix: Prefix): boolean {
  return targets.some((target) => prefixContains(target, prefix))
}

function isWider(prefix: Prefix, length: number): boolean {
  return prefixFamily(prefix) === 6 && prefixLength(prefix) < length
}

function refuse(code: string, message: string): Refusal[] {
  return [{ guard: 'bounds', code, message }]
}
