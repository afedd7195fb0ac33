import {
  isHostPrefix,
  type Prefix,
  prefixBits,
  prefixFamily,
  prefixFromBits,
  prefixLength,
  prefixSize,
} from '../../domain/prefix.ts'

/** The widest prefix that is told address by address, in addresses: an IPv4 /24 or an IPv6 /120. */
export const WIDEST_SPREAD = 256

/** All that are told so together, beside hosts: bouncers' sets are made for some ten thousand addresses. */
export const MOST_SPREAD = 65_536

/** The last version of CrowdSec's firewall bouncer that takes the first address of a range for all of it. */
const LAST_WITHOUT_RANGES = [0, 0, 34] as const

/**
 * Whether a bouncer enforces single addresses alone, by what it calls itself. CrowdSec's firewall bouncer up to 0.0.34
 * cuts a range at its slash (measured with 0.0.25), and one that does not tell its version may be as old.
 */
export function takesAddressesAlone(userAgent: string | undefined): boolean {
  if (userAgent === undefined || !/^(crowdsec|cs)-firewall-bouncer\b/i.test(userAgent)) return false
  const version = /\/v?(\d+)\.(\d+)\.(\d+)/.exec(userAgent)
  if (version === null) return true
  const difference = LAST_WITHOUT_RANGES.map((part, at) => Number(version[at + 1]) - part).find(
    (one) => one !== 0,
  )
  return (difference ?? 0) <= 0
}

/** The hosts of a prefix, or `undefined` when they are too many to tell one by one. */
export function hostsOf(prefix: Prefix): readonly Prefix[] | undefined {
  if (isHostPrefix(prefix)) return [prefix]
  const size = prefixSize(prefix)
  if (size > BigInt(WIDEST_SPREAD)) return undefined
  const family = prefixFamily(prefix)
  const first = prefixBits(prefix)
  return Array.from({ length: Number(size) }, (_, at) =>
    prefixFromBits(family, first + BigInt(at), family === 4 ? 32 : 128),
  )
}

/** Prefixes by their lengths, so that only lengths that occur are looked up. */
export class LengthCount {
  readonly #counts = { 4: new Map<number, number>(), 6: new Map<number, number>() }

  add(prefix: Prefix, by: 1 | -1): void {
    const counts = this.#counts[prefixFamily(prefix)]
    const length = prefixLength(prefix)
    const count = (counts.get(length) ?? 0) + by
    if (count === 0) counts.delete(length)
    else counts.set(length, count)
  }

  /** Lengths of prefixes that may contain this one. */
  within(prefix: Prefix): number[] {
    const own = prefixLength(prefix)
    return [...this.#counts[prefixFamily(prefix)].keys()].filter((length) => length <= own)
  }
}
