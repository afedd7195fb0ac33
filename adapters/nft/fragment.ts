import { type BitTests, bitTestsHave } from '../../src/domain/bitmask.ts'
import type { Family } from '../../src/domain/prefix.ts'

export const LATER_FRAGMENT6 = 'frag frag-off != 0'
const FIRST_FRAGMENT6 = 'frag frag-off == 0'
const NO_FRAGMENT6 = 'exthdr frag == missing'
export const NOT_LATER_FRAGMENT6 = [[NO_FRAGMENT6], [FIRST_FRAGMENT6]]
/** For what no packet is: a later fragment with ports, say. */
export const NEVER6 = [FIRST_FRAGMENT6, LATER_FRAGMENT6]

/** The fragment bits of RFC 8955 §4.2.2.12: DF, IsF (not the first), FF, LF. */
const bitsOf = (dontFragment: boolean, offset: boolean, more: boolean): number =>
  (dontFragment ? 1 : 0) | (offset ? 2 : 0) | (!offset && more ? 4 : 0) | (offset && !more ? 8 : 0)

/**
 * The statements that a packet's fragment fields must satisfy: alternatives, of which a packet satisfies at most
 * one, so that a limit behind them counts it once. Several only in IPv6, where nft cannot say "no fragment header,
 * or one with these bits" in one rule.
 */
export function fragmentStatements(family: Family, tests: BitTests): string[][] {
  return family === 4 ? [fragment4(tests)] : fragment6(tests)
}

/** The field without its reserved bit: DF 0x4000, MF 0x2000, then the offset. */
const FIELD4 = 'ip frag-off & 32767'

function fragment4(tests: BitTests): string[] {
  const ranges: [number, number][] = []
  for (const flags of [0, 1, 2, 3]) {
    for (const offset of [false, true]) {
      if (!bitTestsHave(tests, bitsOf(flags >= 2, offset, flags % 2 === 1))) continue
      const base = flags * 0x2000
      const last = ranges.at(-1)
      const [low, high] = offset ? [base + 1, base + 0x1fff] : [base, base]
      if (last !== undefined && last[1] + 1 === low) last[1] = high
      else ranges.push([low, high])
    }
  }
  if (ranges.length === 0) return [`${FIELD4} == 0`, `${FIELD4} != 0`]
  if (ranges[0]?.[0] === 0 && ranges[0][1] === 0x7fff) return []
  const items = ranges.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`))
  return [`${FIELD4} == ${items.length === 1 ? items[0] : `{ ${items.join(', ')} }`}`]
}

function fragment6(tests: BitTests): string[][] {
  const variants: string[][] = []
  if (bitTestsHave(tests, 0)) variants.push([NO_FRAGMENT6])
  for (const offset of [false, true]) {
    const field = offset ? LATER_FRAGMENT6 : FIRST_FRAGMENT6
    const more = [false, true].filter((bit) => bitTestsHave(tests, bitsOf(false, offset, bit)))
    if (more.length === 2) variants.push([field])
    if (more.length === 1) variants.push([field, `frag more-fragments == ${more[0] === true ? 1 : 0}`])
  }
  return variants.length > 0 ? variants : [NEVER6]
}
