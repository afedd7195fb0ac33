import type { Test } from './rule.ts'
import { bitsThatPass, merged, setText } from './values.ts'

/** The bits of RFC 8955 §4.2.2.12; don't-fragment is of IPv4 alone (RFC 8956 §3.6). */
const DF = 1
const IS_FRAGMENT = 2
const FIRST = 4
const LAST = 8

/** What a packet can be, the bits that it then has, and IPv4's field without don't-fragment and the reserved bit. */
const KINDS = [
  { name: 'whole', bits: 0, low: 0, high: 0 },
  { name: 'last', bits: IS_FRAGMENT | LAST, low: 1, high: 0x1fff },
  { name: 'first', bits: FIRST, low: 0x2000, high: 0x2000 },
  { name: 'middle', bits: IS_FRAGMENT, low: 0x2001, high: 0x3fff },
] as const

/** An IPv6 packet without a fragment header is whole, and so is one whose only piece it is (RFC 8200 §4.5). */
const IPV6 = {
  whole: ['exthdr frag missing', 'frag frag-off 0 frag more-fragments 0'],
  last: ['frag frag-off != 0 frag more-fragments 0'],
  first: ['frag frag-off 0 frag more-fragments 1'],
  middle: ['frag frag-off != 0 frag more-fragments 1'],
} as const

/** The ways of nft to match the fragments that a list of bitmask operators is true for. */
export function fragmentMatches(tests: readonly Test[], family: 4 | 6): readonly string[] {
  const passing = bitsThatPass(tests, 15)
  const passes = (bits: number): boolean => passing.some(({ low, high }) => low <= bits && bits <= high)
  if (family === 6) return KINDS.filter(({ bits }) => passes(bits)).flatMap(({ name }) => IPV6[name])
  const ranges = [0, 0x4000, 0x8000, 0xc000].flatMap((upper) =>
    KINDS.filter(({ bits }) => passes(bits | ((upper & 0x4000) === 0 ? 0 : DF))).map(({ low, high }) => ({
      low: upper + low,
      high: upper + high,
    })),
  )
  return ranges.length === 0 ? [] : [`@nh,48,16 ${setText(merged(ranges))}`]
}

/** The kernel looks for ports and the like in the payload of a later fragment too (seen with 6.18). */
export function notLaterFragment(family: 4 | 6): readonly string[] {
  return family === 4 ? ['ip frag-off & 0x1fff == 0'] : ['exthdr frag missing', 'frag frag-off 0']
}
