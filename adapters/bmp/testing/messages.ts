import { COMPONENT_NAMES, type PacketMatch, type Ranges } from '../../../src/domain/match.ts'
import { type Prefix, prefixBits, prefixFamily, prefixLength } from '../../../src/domain/prefix.ts'
import type { Action } from '../../../src/domain/rule.ts'

/*
 * BMP and BGP messages as a router sends them, written down from the RFCs by other means than those that read them.
 */

const u8 = (...values: number[]): Buffer => Buffer.from(values)
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const u32 = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
const all = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts)

export function bmp(type: number, ...body: readonly Buffer[]): Buffer {
  const content = all(...body)
  return all(u8(3), u32(6 + content.length), u8(type), content)
}

const tlv = (type: number, text: string | Buffer): Buffer =>
  all(u16(type), u16(Buffer.byteLength(text)), Buffer.from(text))

export const initiation = (description = 'Fake 1.0'): Buffer => bmp(4, tlv(1, description), tlv(2, 'r1'))
export const termination = (reason: number): Buffer => bmp(5, tlv(1, u16(reason)))

/** RFC 7854 §4.2; flags 0x40 are the view after policy, type 3 is the Loc-RIB. */
export interface PeerOf {
  readonly type?: number
  readonly flags?: number
  /** Of IPv4. */
  readonly address?: string
}

function peer({ type = 0, flags = 0, address = type === 3 ? '0.0.0.0' : '127.0.0.1' }: PeerOf): Buffer {
  const ip = all(Buffer.alloc(12), u8(...address.split('.').map(Number)))
  return all(u8(type, flags), Buffer.alloc(8), ip, u32(65010), Buffer.alloc(4), u32(1_700_000_000), u32(0))
}

function bgp(type: number, ...body: readonly Buffer[]): Buffer {
  const content = all(...body)
  return all(Buffer.alloc(16, 255), u16(19 + content.length), u8(type), content)
}

/** @param addPath the send/receive field of RFC 7911 §4, for IPv4 unicast */
function open(addPath?: number): Buffer {
  const capability = addPath === undefined ? Buffer.alloc(0) : u8(2, 6, 69, 4, 0, 1, 1, addPath)
  return bgp(1, u8(4), u16(65010), u16(90), u32(1), u8(capability.length), capability)
}

export const peerUp = (of: PeerOf = {}, received?: number, sent = received): Buffer =>
  bmp(3, peer(of), Buffer.alloc(20), open(sent), open(received))
export const peerDown = (of: PeerOf = {}): Buffer => bmp(2, peer(of), u8(3))
export const statistics = (of: PeerOf = {}): Buffer =>
  bmp(1, peer(of), u32(1), u16(7), u16(8), Buffer.alloc(8))

export function attribute(type: number, ...value: readonly Buffer[]): Buffer {
  const content = all(...value)
  return content.length < 256
    ? all(u8(0xc0, type, content.length), content)
    : all(u8(0xd0, type), u16(content.length), content)
}

export const communities = (...texts: readonly string[]): Buffer =>
  attribute(8, ...texts.flatMap((text) => text.split(':').map((part) => u16(Number(part)))))

/** Of a drop or a rate. */
export function rate(action: Action): Buffer {
  const float = Buffer.alloc(4)
  float.writeFloatBE(action.do === 'rate-limit' ? action.bytesPerSecond : 0)
  return attribute(16, u16(0x8006), u16(0), float)
}

function wirePrefix(prefix: Prefix): Buffer {
  const family = prefixFamily(prefix)
  const hex = prefixBits(prefix)
    .toString(16)
    .padStart(family === 4 ? 8 : 32, '0')
  return Buffer.from(hex, 'hex').subarray(0, Math.ceil(prefixLength(prefix) / 8))
}

const unicast = (prefix: Prefix): Buffer => all(u8(prefixLength(prefix)), wirePrefix(prefix))

/** Announces unicast prefixes of one family with these attributes. */
export function announce(prefixes: readonly Prefix[], ...attributes: readonly Buffer[]): Buffer {
  const nlri = prefixes.map(unicast)
  if (prefixes.some((prefix) => prefixFamily(prefix) === 4)) return update([], attributes, nlri)
  return update([], [...attributes, attribute(14, u16(2), u8(1, 16), Buffer.alloc(16), u8(0), ...nlri)], [])
}

export function withdraw(prefixes: readonly Prefix[]): Buffer {
  const nlri = prefixes.map(unicast)
  if (prefixes.some((prefix) => prefixFamily(prefix) === 4)) return update(nlri, [], [])
  return update([], [attribute(15, u16(2), u8(1), ...nlri)], [])
}

export const endOfRib = (): Buffer => update([], [], [])

export function announceFlow(match: PacketMatch, ...attributes: readonly Buffer[]): Buffer {
  const family = u16(match.family === 4 ? 1 : 2)
  return update([], [...attributes, attribute(14, family, u8(133, 0, 0), withLength(flowNlri(match)))], [])
}

export const withdrawFlow = (match: PacketMatch): Buffer =>
  update([], [attribute(15, u16(match.family === 4 ? 1 : 2), u8(133), withLength(flowNlri(match)))], [])

const withLength = (nlri: Buffer): Buffer =>
  all(nlri.length < 240 ? u8(nlri.length) : u16(0xf000 | nlri.length), nlri)

export function update(
  withdrawn: readonly Buffer[],
  attributes: readonly Buffer[],
  nlri: readonly Buffer[],
): Buffer {
  const [gone, attrs] = [all(...withdrawn), all(...attributes)]
  return bgp(2, u16(gone.length), gone, u16(attrs.length), attrs, ...nlri)
}

export const monitoring = (message: Buffer, of: PeerOf = {}): Buffer => bmp(0, peer(of), message)

/** RFC 8955 §4.2, RFC 8956 §3: the components in the order of their types. */
export function flowNlri(match: PacketMatch): Buffer {
  const parts: Buffer[] = []
  for (const [index, prefix] of [match.destination, match.source].entries()) {
    if (prefix === undefined) continue
    const offset = match.family === 6 ? u8(0) : Buffer.alloc(0)
    parts.push(u8(index + 1, prefixLength(prefix)), offset, wirePrefix(prefix))
  }
  for (const [index, name] of COMPONENT_NAMES.entries()) {
    const tests = match.components[name]
    if (tests === undefined) continue
    const operators = isRanges(tests) ? tests.flatMap(rangeOperators) : tests.flatMap(flagOperators)
    parts.push(
      u8(index + 3),
      ...operators.map((operator, at) => wireOperator(operator, at === operators.length - 1)),
    )
  }
  return all(...parts)
}

interface Operator {
  readonly bits: number
  readonly value: number
}

const AND = 0x40

function isRanges(
  tests: Ranges | readonly { readonly mask: number; readonly value: number }[],
): tests is Ranges {
  return Array.isArray(tests[0])
}

function rangeOperators([low, high]: readonly [number, number]): Operator[] {
  if (low === high) return [{ bits: 1, value: low }]
  return [
    { bits: 3, value: low },
    { bits: 5 | AND, value: high },
  ]
}

function flagOperators({ mask, value }: { readonly mask: number; readonly value: number }): Operator[] {
  const set = value === 0 ? [] : [{ bits: 1, value }]
  const clear = mask === value ? [] : [{ bits: 2 | (value === 0 ? 0 : AND), value: mask & ~value }]
  return [...set, ...clear]
}

function wireOperator({ bits, value }: Operator, isLast: boolean): Buffer {
  const [length, number] = value < 256 ? [0, u8(value)] : value < 65_536 ? [1, u16(value)] : [2, u32(value)]
  return all(u8(bits | (length << 4) | (isLast ? 0x80 : 0)), number)
}
