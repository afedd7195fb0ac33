import type { BitTest, BitTests } from './bitmask.ts'
import { exceptionsAt } from './exceptions.ts'
import { COMPONENT_NAMES, type Components, matchText, type PacketMatch } from './match.ts'
import { type Range, type Ranges, rangesCover } from './numeric.ts'
import { aggregatePrefixes, type Prefix, prefixContains, prefixesOverlap, prefixLength } from './prefix.ts'

/** No packet is in both matches. */
export const DISJOINT = 'disjoint'
/** Some packets may be in both, and no one match is exactly those. */
export const INEXPRESSIBLE = 'inexpressible'

type Met<T> = T | typeof DISJOINT | typeof INEXPRESSIBLE

/** The match of exactly the packets that are in both. */
export function intersectMatches(a: PacketMatch, b: PacketMatch): Met<PacketMatch> {
  if (a.family !== b.family) return DISJOINT
  const destination = bothPrefixes(a.destination, b.destination)
  const source = bothPrefixes(a.source, b.source)
  if (destination === DISJOINT || source === DISJOINT) return DISJOINT
  const components = intersectComponents(a.components, b.components)
  const except = bothExceptions(a, b, { destination, source })
  if (components === DISJOINT || except === DISJOINT) return DISJOINT
  if (components === INEXPRESSIBLE || except === INEXPRESSIBLE) return INEXPRESSIBLE
  const keep = a.keep ?? b.keep
  // What is kept depends on the end that is named, so that a match of both ends cannot say it.
  if (keep !== undefined && destination !== undefined && source !== undefined) return INEXPRESSIBLE
  return {
    family: a.family,
    ...(destination === undefined ? {} : { destination }),
    ...(source === undefined ? {} : { source }),
    ...(except.length === 0 ? {} : { except }),
    ...(keep === undefined ? {} : { keep }),
    components,
  }
}

/** Whether every packet of `inner` is in `outer`. */
export function matchCovers(outer: PacketMatch, inner: PacketMatch): boolean {
  const both = intersectMatches(outer, inner)
  return typeof both !== 'string' && matchText(both) === matchText(inner)
}

/** Of two prefixes that share an address, one contains the other. */
function bothPrefixes(a: Prefix | undefined, b: Prefix | undefined): Prefix | undefined | typeof DISJOINT {
  if (a === undefined || b === undefined) return a ?? b
  if (prefixContains(a, b)) return b
  return prefixContains(b, a) ? a : DISJOINT
}

/** What both leave out: at an end that the intersection names, all of its prefix, nothing of it, or no match says which. */
function bothExceptions(
  a: PacketMatch,
  b: PacketMatch,
  ends: { readonly destination: Prefix | undefined; readonly source: Prefix | undefined },
): Met<readonly Prefix[]> {
  let left: readonly Prefix[] = []
  let inexpressible = false
  for (const end of ['destination', 'source'] as const) {
    const prefix = ends[end]
    const exceptions = aggregatePrefixes([...exceptionsAt(end, a), ...exceptionsAt(end, b)])
    if (prefix === undefined) {
      if (exceptions.some((one) => prefixLength(one) === 0)) return DISJOINT
      // Exceptions of one end come with a prefix of the other: there are none of the other end.
      if (exceptions.length > 0) left = exceptions
    } else {
      if (exceptions.some((one) => prefixContains(one, prefix))) return DISJOINT
      if (exceptions.some((one) => prefixesOverlap(one, prefix))) inexpressible = true
    }
  }
  return inexpressible ? INEXPRESSIBLE : left
}

function intersectComponents(a: Components, b: Components): Met<Components> {
  const found: Record<string, Ranges | BitTests> = {}
  let inexpressible = false
  for (const name of COMPONENT_NAMES) {
    const both = bothValues(name, a, b)
    if (both === DISJOINT) return DISJOINT
    if (both === INEXPRESSIBLE) inexpressible = true
    else if (both !== undefined) found[name] = both
  }
  return inexpressible ? INEXPRESSIBLE : (found as Components)
}

function bothValues(
  name: keyof Components,
  a: Components,
  b: Components,
): Met<Ranges | BitTests> | undefined {
  const x = a[name]
  const y = b[name]
  if (x === undefined || y === undefined) return x ?? y
  if (name === 'tcpFlags' || name === 'fragment') return bothTests(x as BitTests, y as BitTests)
  if (name === 'port') return bothPorts(x as Ranges, y as Ranges)
  return bothRanges(x as Ranges, y as Ranges)
}

function bothRanges(a: Ranges, b: Ranges): Ranges | typeof DISJOINT {
  const found = a.flatMap(([low, high]): Range[] =>
    b.flatMap(([from, to]): Range[] => {
      const both: Range = [Math.max(low, from), Math.min(high, to)]
      return both[0] <= both[1] ? [both] : []
    }),
  )
  return found.length === 0 ? DISJOINT : found.sort((x, y) => x[0] - y[0])
}

/** Source or destination port: a packet has two, so that each may be in another of the lists. */
function bothPorts(a: Ranges, b: Ranges): Met<Ranges> {
  if (rangesCover(a, b)) return b
  return rangesCover(b, a) ? a : INEXPRESSIBLE
}

function bothTests(a: BitTests, b: BitTests): BitTests | typeof DISJOINT {
  const found = new Map<string, BitTest>()
  for (const one of a) {
    for (const other of b) {
      if ((one.mask & other.mask & (one.value ^ other.value)) !== 0) continue
      const both = { mask: one.mask | other.mask, value: one.value | other.value }
      found.set(`${both.mask}/${both.value}`, both)
    }
  }
  if (found.size === 0) return DISJOINT
  return [...found.values()].sort((x, y) => x.mask - y.mask || x.value - y.value)
}
