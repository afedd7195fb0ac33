import { type BitTests, FRAGMENT_FLAGS, TCP_FLAGS } from '../../src/domain/bitmask.ts'
import type { PacketMatch, Ranges } from '../../src/domain/match.ts'
import { type Family, type Prefix, prefixLength } from '../../src/domain/prefix.ts'
import type { FilterRule } from '../../src/domain/rule.ts'

/*
 * Flow specification (RFC 8955, RFC 8956) as ExaBGP reads it. Half of what it takes without a word ends the session
 * of a router, again at every reconnect: every text here is built from checked values, each with its semicolon,
 * one component of a kind, one family.
 */

/**
 * The longest match that is announced, in bytes on the wire. An UPDATE holds 4,096 (RFC 4271 §4) with what stands
 * beside the match, and ExaBGP ends the session over one that does not fit.
 */
const LONGEST = 3_500

interface Component {
  /** As ExaBGP calls it in each family; RFC 8955 §4.2.2 gives the order. */
  readonly name: Readonly<Record<Family, string>>
  readonly items: (match: PacketMatch) => readonly Item[]
}

/** One alternative of a component: its text, its tests and their bytes on the wire. */
interface Item {
  readonly text: string
  readonly operators: number
  readonly bytes: number
}

const COMPONENTS: readonly Component[] = [
  component('protocol', ({ protocol }) => numbers(protocol), 'next-header'),
  component('port', ({ port }) => numbers(port)),
  component('destination-port', ({ destinationPort }) => numbers(destinationPort)),
  component('source-port', ({ sourcePort }) => numbers(sourcePort)),
  component('icmp-type', ({ icmpType }) => numbers(icmpType)),
  component('icmp-code', ({ icmpCode }) => numbers(icmpCode)),
  component('tcp-flags', ({ tcpFlags }) => flags(tcpFlags, TCP_FLAGS)),
  component('packet-length', ({ packetLength }) => numbers(packetLength)),
  component('dscp', ({ dscp }) => numbers(dscp), 'traffic-class'),
  component('fragment', ({ fragment }) => flags(fragment, FRAGMENT_FLAGS)),
  component('flow-label', ({ flowLabel }) => numbers(flowLabel)),
]

function component(
  name: string,
  items: (components: PacketMatch['components']) => readonly Item[],
  name6 = name,
): Component {
  return { name: { 4: name, 6: name6 }, items: ({ components }) => items(components) }
}

/** The match of a flow route: `destination 203.0.113.9/32; protocol [ =17 ];`. */
export function flowMatch(match: PacketMatch): string {
  const words: string[] = []
  if (match.destination !== undefined)
    words.push(`destination ${prefixText(match.family, match.destination)};`)
  if (match.source !== undefined) words.push(`source ${prefixText(match.family, match.source)};`)
  for (const { name, items } of COMPONENTS) {
    const texts = items(match).map((item) => item.text)
    if (texts.length > 0) words.push(`${name[match.family]} [ ${texts.join(' ')} ];`)
  }
  return words.join(' ')
}

/** IPv6 prefixes have an offset (RFC 8956 §3.1), which is always 0 here. */
function prefixText(family: Family, prefix: Prefix): string {
  return family === 4 ? prefix : `${prefix}/0`
}

/** Any of these (RFC 8955 §4.2.1.1); a range is two tests joined by and. */
function numbers(ranges: Ranges = []): Item[] {
  return ranges.map(([low, high]) =>
    low === high
      ? { text: `=${low}`, operators: 1, bytes: 1 + bytesOf(low) }
      : { text: `>=${low}&<=${high}`, operators: 2, bytes: 2 + bytesOf(low) + bytesOf(high) },
  )
}

/** Values take 1, 2 or 4 bytes (RFC 8955 §4.2.1.1). */
function bytesOf(value: number): number {
  return value < 256 ? 1 : value < 65_536 ? 2 : 4
}

/** What ExaBGP calls some flags. */
const EXABGP_NAMES: ReadonlyMap<string, string> = new Map([['psh', 'push']])

/** Bits that must be set, `=`, and bits of which none may be (RFC 8955 §4.2.1.2), joined by and. */
function flags(tests: BitTests = [], names: ReadonlyMap<string, number>): Item[] {
  return tests.map(({ mask, value }) => {
    const named = (bits: number): string =>
      [...names]
        .filter(([, bit]) => (bits & bit) !== 0)
        .map(([name]) => EXABGP_NAMES.get(name) ?? name)
        .join('+')
    const parts = [
      ...(value === 0 ? [] : [`=${named(value)}`]),
      ...((mask & ~value) === 0 ? [] : [`!${named(mask & ~value)}`]),
    ]
    return { text: parts.join('&'), operators: parts.length, bytes: 2 * parts.length }
  })
}

/**
 * Why a match cannot be announced to routers that take so many operators in one component; `undefined` when it can.
 * A range is two operators, and so is a flag that is set beside one that is not.
 */
export function whyNoFlow(match: PacketMatch, maxOperators: number): string | undefined {
  if (match.except !== undefined) return 'flow specification knows no exceptions (RFC 8955 §4.2.2)'
  for (const { name, items } of COMPONENTS) {
    const operators = items(match).reduce((sum, item) => sum + item.operators, 0)
    if (operators > maxOperators)
      return `its ${name[match.family]} takes ${operators} operators and the neighbours take ${maxOperators}; name fewer values (a range counts twice)`
  }
  const prefixes = [match.destination, match.source].filter((prefix) => prefix !== undefined)
  const ofPrefixes = prefixes.map(
    (prefix) => (match.family === 4 ? 2 : 3) + Math.ceil(prefixLength(prefix) / 8),
  )
  const ofOthers = COMPONENTS.flatMap(({ items }) => {
    const bytes = items(match).map((item) => item.bytes)
    return bytes.length === 0 ? [] : [1, ...bytes]
  })
  const bytes = [...ofPrefixes, ...ofOthers].reduce((sum, one) => sum + one, 0)
  if (bytes <= LONGEST) return undefined
  return `its match takes ${bytes} bytes and one message holds ${LONGEST}; narrow it by fewer values`
}

/** One line, without its end; `verb` is `announce` or `withdraw`. */
export function flowLine(verb: 'announce' | 'withdraw', match: PacketMatch, then: string): string {
  return `${verb} flow route { match { ${flowMatch(match)} } then { ${then} } }`
}

/** The name under which the helper keeps a flow route: its match without spaces (see bridge.mjs). */
export function flowSlot(match: PacketMatch): string {
  return `flow:${flowMatch(match).replaceAll(' ', '_')}`
}

/** A rule's key as the helper keeps it beside the route: without spaces. */
export function flowTag(rule: FilterRule): string {
  return rule.key.replaceAll(' ', '_')
}

/** The key of a rule from {@link flowTag}. */
export function keyOfTag(tag: string): string {
  return tag.replaceAll('_', ' ')
}
