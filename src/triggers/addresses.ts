import { InputError } from '../domain/input-error.ts'
import {
  type Family,
  isHostPrefix,
  type Prefix,
  parsePrefix,
  prefixBits,
  prefixFamily,
  prefixFromBits,
  prefixLength,
  widenPrefix,
} from '../domain/prefix.ts'
import { PrefixMap } from '../domain/prefix-map.ts'

const WIDTH = { 4: 32, 6: 128 } as const

/** More prefixes than this are not what anybody meant by a range. */
export const MOST_OF_RANGE = 8

/**
 * Reads an address, a prefix, or a range such as `192.0.2.4-192.0.2.9`, which becomes the prefixes that hold exactly it.
 * @throws InputError `range` and the prefix codes
 */
export function readAddresses(text: string): readonly Prefix[] {
  const [low = '', high, ...more] = text.split('-').map((part) => part.trim())
  if (high === undefined) return [parsePrefix(low)]
  const [first, last] = [parsePrefix(low), parsePrefix(high)]
  const family = prefixFamily(first)
  if (more.length > 0 || !isHostPrefix(first) || !isHostPrefix(last) || prefixFamily(last) !== family)
    throw new InputError(
      'range',
      `'${text.slice(0, 100)}' is no range; write two addresses of one family as 192.0.2.4-192.0.2.9`,
    )
  const prefixes = rangePrefixes(family, prefixBits(first), prefixBits(last))
  if (prefixes.length === 0)
    throw new InputError('range', `'${text}' begins behind its end; write the lower address first`)
  if (prefixes.length > MOST_OF_RANGE)
    throw new InputError(
      'range',
      `'${text}' is no prefix, and would be more than ${MOST_OF_RANGE} of them; hand over the prefixes that are meant`,
    )
  return prefixes
}

/** The fewest prefixes from `low` to `high`, in order; one more than {@link MOST_OF_RANGE} at the most. */
function rangePrefixes(family: Family, low: bigint, high: bigint): Prefix[] {
  const prefixes: Prefix[] = []
  for (let at = low; at <= high && prefixes.length <= MOST_OF_RANGE; ) {
    let host = 0n
    while (host < WIDTH[family] && at % (2n << host) === 0n && at + (2n << host) - 1n <= high) host += 1n
    // Read again, as a range may hold what no prefix may be: IPv4-mapped addresses.
    prefixes.push(parsePrefix(prefixFromBits(family, at, WIDTH[family] - Number(host))))
    at += 1n << host
  }
  return prefixes
}

/** Tells of a prefix whether it shares an address with one of these; the cost of an answer does not grow with their number. */
export function sharing(prefixes: readonly Prefix[]): (prefix: Prefix) => boolean {
  const map = new PrefixMap<true>()
  for (const prefix of prefixes) map.set(prefix, true)
  const widened = new Map<number, Set<Prefix>>()
  return (prefix) => {
    if (map.covers(prefix)) return true
    const length = prefixLength(prefix)
    const longer =
      widened.get(length) ??
      new Set(prefixes.filter((one) => prefixLength(one) > length).map((one) => widenPrefix(one, length)))
    widened.set(length, longer)
    return longer.has(prefix)
  }
}
