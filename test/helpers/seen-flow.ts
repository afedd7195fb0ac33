/** A flow rule (RFC 8955, RFC 8956) as a router holds it. */
export interface SeenFlow {
  readonly family: 4 | 6
  /** Component -> value, both spelled as in the canonical text of a match: `destination-port` -> `53,80-90`. */
  readonly match: ReadonlyMap<string, string>
  /** `drop`, `rate-limit 125000` (bytes a second), or whatever the router writes; empty for a rule that accepts. */
  readonly actions: readonly string[]
}

/** A real router with a BGP session that waits for a speaker at 127.0.0.1. */
export interface FlowRouter {
  readonly address: string
  readonly port: number
  /** Where its neighbour, the speaker, is: at 127.0.0.1 of this network unless told. */
  readonly speakerAt?: { readonly address: string; readonly namespace: string }
  /** The flow rules of both families in its table. */
  flows(): Promise<readonly SeenFlow[]>
  /** The unicast prefixes of both families in its table. */
  routes(): Promise<ReadonlySet<string>>
  established(): Promise<boolean>
  /** How often the session was lost since the start. */
  drops(): Promise<number>
  start(): Promise<void>
  stop(): Promise<void>
  /** Stops it and removes its folders. */
  dispose(): Promise<void>
}

export interface RouterOptions {
  readonly address?: string
  readonly localAs?: number
  readonly peerAs?: number
  /** Sends these views by BMP to a collector at 127.0.0.1. */
  readonly bmp?: { readonly port: number; readonly views: readonly BmpView[] }
  /** Its import policy refuses unicast routes within this prefix of IPv4. */
  readonly refuses?: string
}

export type BmpView = 'pre-policy' | 'post-policy' | 'loc-rib'

/** `drop` or `rate-limit 125000`, of a rate in bytes a second, which some print with no more digits than a float has. */
export function rateText(rate: number): string {
  return rate === 0 ? 'drop' : `rate-limit ${Math.fround(rate)}`
}

/** The components by their type numbers, which start with 1; those of numbers with their greatest value. */
const COMPONENTS: readonly (readonly [name: string, max?: number])[] = [
  ['destination'],
  ['source'],
  ['protocol', 255],
  ['port', 65_535],
  ['destination-port', 65_535],
  ['source-port', 65_535],
  ['icmp-type', 255],
  ['icmp-code', 255],
  ['tcp-flags'],
  ['packet-length', 65_535],
  ['dscp', 63],
  ['fragment'],
  ['flow-label', 1_048_575],
]

/** The name of the component with a type number. */
export function componentName(type: number): string | undefined {
  return COMPONENTS[type - 1]?.[0]
}

/** Names of the bits of each component of flags, lowest bit first. */
const FLAGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['tcp-flags', ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr']],
  ['fragment', ['dont-fragment', 'is-fragment', 'first-fragment', 'last-fragment']],
])

/** One operator of RFC 8955 §4.2.1.1; `and` binds it to the one before. */
export interface NumberTest {
  readonly and: boolean
  readonly less: boolean
  readonly equal: boolean
  readonly greater: boolean
  readonly value: number
}

/** One operator of RFC 8955 §4.2.1.2: whether all of the bits, or any of them, are set, or that turned round. */
export interface FlagTest {
  readonly and: boolean
  readonly not: boolean
  readonly all: boolean
  readonly value: number
}

export function isOfFlags(name: string): boolean {
  return FLAGS.has(name)
}

/** The values that pass, as `53,80-90`; `nothing` when none can. */
export function numbersText(name: string, tests: readonly NumberTest[]): string {
  const passing = alternatives(tests)
  const max = COMPONENTS.find(([known]) => known === name)?.[1] ?? 0xffff_ffff
  const edges = [0, max + 1, ...tests.flatMap(({ value }) => [value, value + 1])]
  const ranges: [low: number, high: number][] = []
  let low = 0
  // From one edge to the next, all values pass or none does.
  for (const edge of edges.sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (edge > low && passing.some((all) => all.every((test) => numberPasses(test, low)))) {
      if (last?.[1] === low - 1) last[1] = edge - 1
      else ranges.push([low, edge - 1])
    }
    low = edge
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join() || 'nothing'
}

function numberPasses({ less, equal, greater, value }: NumberTest, number: number): boolean {
  return number < value ? less : number > value ? greater : equal
}

/** The tests, divided where one is not bound to the one before. */
function alternatives<T extends { readonly and: boolean }>(tests: readonly T[]): T[][] {
  const groups: T[][] = []
  for (const test of tests) {
    const group = test.and ? groups.at(-1) : undefined
    if (group === undefined) groups.push([test])
    else group.push(test)
  }
  return groups
}

/** The bits of `mask` must equal `value`. */
interface Bits {
  readonly mask: number
  readonly value: number
}

/** The flags that pass, as `syn&!ack,rst`; `nothing` when none can, `anything` when all do. */
export function flagsText(name: string, tests: readonly FlagTest[]): string {
  const passing = alternatives(tests).flatMap((all) => all.map(bitsOf).reduce(bitsOfBoth))
  const texts = passing
    .sort((a, b) => a.mask - b.mask || a.value - b.value)
    .map((bits) => bitsText(bits, FLAGS.get(name) ?? []))
  return [...new Set(texts)].join() || 'nothing'
}

const BITS = Array.from({ length: 16 }, (_, at) => 1 << at)

function bitsOf({ not, all, value }: FlagTest): Bits[] {
  if (all !== not) return [{ mask: value, value: all ? value : 0 }]
  return BITS.filter((bit) => (value & bit) !== 0).map((bit) => ({ mask: bit, value: not ? 0 : bit }))
}

function bitsOfBoth(a: readonly Bits[], b: readonly Bits[]): Bits[] {
  return a.flatMap((one) =>
    b
      .filter((other) => (one.mask & other.mask & (one.value ^ other.value)) === 0)
      .map((other) => ({ mask: one.mask | other.mask, value: one.value | other.value })),
  )
}

function bitsText({ mask, value }: Bits, names: readonly string[]): string {
  const tested = BITS.flatMap((bit, at) =>
    (mask & bit) === 0 ? [] : [`${(value & bit) === 0 ? '!' : ''}${names[at] ?? `bit-${at}`}`],
  )
  return tested.join('&') || 'anything'
}
