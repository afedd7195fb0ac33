import { bitTestsHave } from '../../src/domain/bitmask.ts'
import type { Components, Ranges } from '../../src/domain/match.ts'
import { NO_COMPONENTS } from '../../src/domain/match.ts'
import { rangesHave, rangesText, readRanges } from '../../src/domain/numeric.ts'
import type { Family } from '../../src/domain/prefix.ts'
import { exceptionStatements } from './exceptions.ts'
import { fragmentStatements, LATER_FRAGMENT6, NEVER6, NOT_LATER_FRAGMENT6 } from './fragment.ts'
import type { Shape } from './shape.ts'

/** nft's expression for the components whose ranges can stand in it as they are. */
function expressions(family: Family): readonly (readonly [keyof Components, string])[] {
  const icmp = family === 4 ? 'icmp' : 'icmpv6'
  return [
    ['protocol', 'meta l4proto'],
    ['destinationPort', 'th dport'],
    ['sourcePort', 'th sport'],
    ['icmpType', `${icmp} type`],
    ['icmpCode', `${icmp} code`],
    // The length from the IP header on, which nft gives for both families alike, unlike ip6 length.
    ['packetLength', 'meta length'],
    ['dscp', family === 4 ? 'ip dscp' : 'ip6 dscp'],
    ['flowLabel', FLOW_LABEL],
  ]
}

const PORT_PAIR = 'th sport . th dport'
const ANY_PORT = '0-65535'
export const FLOW_LABEL = 'ip6 flowlabel'

/** The fields that lie behind the IP header; only the first fragment of a packet has them. */
const IN_PAYLOAD = [
  'port',
  'destinationPort',
  'sourcePort',
  'icmpType',
  'icmpCode',
  'tcpFlags',
] as const satisfies readonly (keyof Components)[]

/**
 * What a packet must satisfy before it is looked up in the set, as nft statements in canonical text. One list for
 * each rule that the shape needs; no packet satisfies two.
 */
export function conditionStatements(shape: Shape): string[][] {
  const { conditions, family } = shape
  const statements = exceptionStatements(shape)
  if (family === 4 && looksIntoPayload(shape)) statements.push('ip frag-off & 8191 == 0')
  for (const [name, expression] of expressions(family)) {
    const ranges = conditions[name] as Ranges | undefined
    if (ranges !== undefined) statements.push(`${expression} == ${itemsText(numericItems(name, ranges))}`)
  }
  if (conditions.port !== undefined)
    statements.push(`${PORT_PAIR} == ${itemsText(portPairs(conditions.port))}`)
  if (conditions.tcpFlags !== undefined) statements.push(flagStatement(conditions.tcpFlags))
  return fragmentVariants(shape).map((variant) => [...statements, ...variant])
}

/**
 * A later fragment has no ports, flags or types, but the kernel reads some out of it all the same: out of its
 * payload, or (seen with IPv6 on 6.18) out of the fragment header.
 */
function fragmentVariants(shape: Shape): string[][] {
  const { fragment } = shape.conditions
  const inPayload = shape.family === 6 && looksIntoPayload(shape)
  if (fragment === undefined) return inPayload ? NOT_LATER_FRAGMENT6 : [[]]
  const variants = fragmentStatements(shape.family, fragment)
  if (!inPayload) return variants
  const possible = variants.filter((variant) => !variant.includes(LATER_FRAGMENT6))
  return possible.length > 0 ? possible : [NEVER6]
}

function looksIntoPayload({ keys, conditions }: Shape): boolean {
  return IN_PAYLOAD.some(
    (name) => conditions[name] !== undefined || (keys as readonly string[]).includes(name),
  )
}

/** The right side of a test: one item, or a set. A pair of ranges is taken by nft only inside a set. */
export function itemsText(items: readonly string[]): string {
  const [first = ''] = items
  return items.length === 1 && !first.includes(' . ') ? first : `{ ${items.join(', ')} }`
}

function numericItems(name: keyof Components, ranges: Ranges): string[] {
  // Six bits across two bytes: nft compares ranges of them wrongly, single values well.
  if (name !== 'dscp') return ranges.map((range) => rangesText([range]))
  return Array.from({ length: 64 }, (_, value) => value)
    .filter((value) => rangesHave(ranges, value))
    .map(String)
}

/** Source or destination port in one lookup, as disjoint pairs: an "or" needs two rules otherwise. */
function portPairs(ports: Ranges): string[] {
  const others: string[] = []
  let next = 0
  for (const [low, high] of ports) {
    if (next < low) others.push(rangesText([[next, low - 1]]))
    next = high + 1
  }
  if (next <= 65_535) others.push(rangesText([[next, 65_535]]))
  const own = ports.map((range) => rangesText([range]))
  const pairs = [
    ...own.map((port) => `${port} . ${ANY_PORT}`),
    ...others.flatMap((other) => own.map((port) => `${other} . ${port}`)),
  ]
  return pairs.sort(compareItems)
}

function flagStatement(tests: NonNullable<Components['tcpFlags']>): string {
  const [test] = tests
  if (tests.length === 1 && test !== undefined && test.mask !== 0xff) {
    return `tcp flags & ${test.mask} == ${test.value}`
  }
  const values = Array.from({ length: 256 }, (_, flags) => flags).filter((flags) =>
    bitTestsHave(tests, flags),
  )
  return `tcp flags == ${itemsText(values.map(String))}`
}

/** Orders items of an anonymous set by their numbers, since nft lists some in its own order. */
export function compareItems(a: string, b: string): number {
  const [x, y] = [numbersIn(a), numbersIn(b)]
  for (let i = 0; i < x.length || i < y.length; i++) {
    const difference = (x[i] ?? -1) - (y[i] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

function numbersIn(item: string): number[] {
  return item.split(/\D+/).filter(Boolean).map(Number)
}

const MAXIMA: Readonly<Partial<Record<keyof Components, number>>> = {
  protocol: 255,
  icmpType: 255,
  icmpCode: 255,
  dscp: 63,
  flowLabel: 1_048_575,
}

/**
 * The numeric conditions that statements in canonical text ask for, added to those that are known already.
 * @throws InputError for numbers that no component has
 */
export function readConditions(family: Family, statements: readonly string[], known: Components): Components {
  const components: Record<string, unknown> = { ...known }
  for (const [name, expression] of expressions(family)) {
    const items = itemsOf(statements, expression)
    if (items === undefined) continue
    components[name] = readRanges(items, MAXIMA[name] ?? 65_535)
  }
  const pairs = itemsOf(statements, PORT_PAIR)
  if (pairs !== undefined) {
    const any = pairs.filter((pair) => pair.endsWith(` . ${ANY_PORT}`))
    components['port'] = readRanges(
      any.map((pair) => pair.slice(0, pair.indexOf(' '))),
      65_535,
    )
  }
  return Object.keys(components).length === 0 ? NO_COMPONENTS : (components as Components)
}

function itemsOf(statements: readonly string[], expression: string): string[] | undefined {
  const start = `${expression} == `
  const found = statements.find((statement) => statement.startsWith(start))
  return found
    ?.slice(start.length)
    .replace(/^\{ | \}$/g, '')
    .split(', ')
}
