import type { BitTests } from '../domain/bitmask.ts'
import type { PacketMatch, Ranges } from '../domain/match.ts'
import { type Prefix, prefixBits, prefixFamily, prefixLength } from '../domain/prefix.ts'

/** A component as it is on the wire, without its type number. */
interface Component {
  readonly type: number
  readonly prefix?: Prefix
  readonly bytes: readonly number[]
}

/**
 * The order in which routers try flow rules (RFC 8955 §5.1; RFC 8956 §4, whose offset is always 0 here): negative
 * when `a` is tried first, 0 only for equal matches. Only the first rule that matches decides.
 */
export function compareFlowOrder(a: PacketMatch, b: PacketMatch): number {
  const [these, those] = [componentsOf(a), componentsOf(b)]
  for (let at = 0; at < Math.max(these.length, those.length); at += 1) {
    const [one, other] = [these[at], those[at]]
    if (one === undefined) return 1
    if (other === undefined) return -1
    const order = compareComponents(one, other)
    if (order !== 0) return order
  }
  return 0
}

function compareComponents(a: Component, b: Component): number {
  if (a.type !== b.type) return a.type - b.type
  if (a.prefix !== undefined && b.prefix !== undefined) return comparePrefixes(a.prefix, b.prefix)
  for (let at = 0; at < Math.min(a.bytes.length, b.bytes.length); at += 1) {
    const difference = (a.bytes[at] ?? 0) - (b.bytes[at] ?? 0)
    if (difference !== 0) return difference
  }
  return b.bytes.length - a.bytes.length
}

/** The lower address first as far as both lengths go, then the longer prefix. */
function comparePrefixes(a: Prefix, b: Prefix): number {
  const shorter = Math.min(prefixLength(a), prefixLength(b))
  const rest = BigInt((prefixFamily(a) === 4 ? 32 : 128) - shorter)
  const [x, y] = [prefixBits(a) >> rest, prefixBits(b) >> rest]
  return x === y ? prefixLength(b) - prefixLength(a) : x < y ? -1 : 1
}

function componentsOf({ destination, source, components: c }: PacketMatch): Component[] {
  const numbers = [
    c.protocol,
    c.port,
    c.destinationPort,
    c.sourcePort,
    c.icmpType,
    c.icmpCode,
    undefined,
    c.packetLength,
    c.dscp,
    undefined,
    c.flowLabel,
  ]
  const found: Component[] = [
    ...(destination === undefined ? [] : [{ type: 1, prefix: destination, bytes: [] }]),
    ...(source === undefined ? [] : [{ type: 2, prefix: source, bytes: [] }]),
    ...numbers.flatMap((ranges, index) =>
      ranges === undefined ? [] : [{ type: 3 + index, bytes: numericBytes(ranges) }],
    ),
    ...(c.tcpFlags === undefined ? [] : [{ type: 9, bytes: bitmaskBytes(c.tcpFlags) }]),
    ...(c.fragment === undefined ? [] : [{ type: 12, bytes: bitmaskBytes(c.fragment) }]),
  ]
  return found.sort((a, b) => a.type - b.type)
}

const END = 0x80
const AND = 0x40
const LESS = 4
const GREATER = 2
const EQUAL = 1

/** Operators and values (RFC 8955 §4.2.1.1), a range as `>=` and `<=`, as the adapters announce it. */
function numericBytes(ranges: Ranges): number[] {
  const items = ranges.map(([low, high]) =>
    low === high ? [item(EQUAL, low)] : [item(GREATER | EQUAL, low), item(AND | LESS | EQUAL, high)],
  )
  return ended(items.flat())
}

const NOT = 2
const ALL = 1

/** RFC 8955 §4.2.1.2: bits that must all be set, and bits of which none may be. */
function bitmaskBytes(tests: BitTests): number[] {
  const items = tests.flatMap(({ mask, value }) => {
    const unset = mask & ~value
    if (unset === 0) return [item(ALL, value)]
    return value === 0 ? [item(NOT, unset)] : [item(ALL, value), item(AND | NOT, unset)]
  })
  return ended(items)
}

/** The operator tells the length of the value: 1, 2 or 4 bytes. */
function item(operator: number, value: number): number[] {
  if (value < 0x100) return [operator, value]
  if (value < 0x1_0000) return [operator | 0x10, value >> 8, value & 0xff]
  return [operator | 0x20, value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]
}

function ended(items: readonly (readonly number[])[]): number[] {
  return items.flatMap((bytes, index) =>
    index === items.length - 1 ? [(bytes[0] ?? 0) | END, ...bytes.slice(1)] : bytes,
  )
}
