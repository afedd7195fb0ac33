import fc from 'fast-check'
import type { FragmentBits, Packet } from './packet-matcher.ts'
import { type Block, type RuleText, readRuleKey, type Span } from './rule-text.ts'

const TOP: Readonly<Record<string, number>> = {
  protocol: 255,
  port: 65_535,
  'icmp-type': 255,
  'icmp-code': 255,
  'packet-length': 65_535,
  dscp: 63,
  'flow-label': 1_048_575,
}

/** Fragments as they exist; `df` stands only on whole packets of IPv4. */
const WHOLE: FragmentBits = { df: false, isf: false, ff: false, lf: false }
const PIECES: readonly FragmentBits[] = [
  { ...WHOLE, ff: true },
  { ...WHOLE, isf: true },
  { ...WHOLE, isf: true, lf: true },
]

/**
 * Packets on and around the edges of the rules with these keys, coherent as real ones are: ports only with TCP and
 * UDP, ICMP types only with the family's ICMP, no transport header in later fragments. At least one key is needed.
 */
export function packetsNear(keys: readonly string[]): fc.Arbitrary<Packet> {
  const rules = keys.map(readRuleKey)
  return fc.constantFrom(...rules).chain((rule) => packetNear(rule, rules))
}

function packetNear(rule: RuleText, all: readonly RuleText[]): fc.Arbitrary<Packet> {
  const { family } = rule
  const same = all.filter((other) => other.family === family)
  const number: NumberNear = (...names) => {
    const spans = same.flatMap((other) => names.flatMap((name) => other.numbers.get(name) ?? []))
    return numberNear(TOP[names[0] ?? ''] ?? 0, spans)
  }
  const icmp = family === 4 ? 1 : 58
  const proto = fc.oneof(fc.constantFrom(6, 17, icmp), number('protocol'))
  const header = headerNear(family, same, number)
  const near = fc
    .tuple(proto, header, transportNear(same, number))
    .map(([chosen, { flowLabel, ...fields }, layer]) => ({
      family,
      proto: chosen,
      ...fields,
      ...(family === 6 ? { flowLabel } : {}),
      ...(fields.fragment.isf ? {} : carried(chosen, icmp, layer)),
    }))
  return rule.keep === true ? near.chain(controlNear) : near
}

/** The packet as it is, or as control traffic, or just beside that; to the device itself or past it. */
function controlNear(packet: Packet): fc.Arbitrary<Packet> {
  const { sport: _sport, dport: _dport, tcpFlags: _flags, icmpType: _type, icmpCode: _code, ...rest } = packet
  const port = fc.constantFrom(178, 179, 180, 3783, 3784, 3785, 3786, 4784, 9)
  const ported = fc.record({ proto: fc.constantFrom(6, 17), sport: port, dport: port })
  const icmp = fc.record({
    proto: fc.constant(packet.family === 4 ? 1 : 58),
    icmpType: fc.constantFrom(1, 2, 3, 4, 132, 133, 135, 136, 137, 138),
    icmpCode: fc.constantFrom(0, 3, 4, 5),
  })
  const layer = fc.oneof(
    ported.map((one) => (one.proto === 6 ? { ...one, tcpFlags: 2 } : one)),
    icmp,
  )
  const other = layer.map(({ proto, ...fields }): Packet => {
    return { ...rest, proto, ...(packet.fragment.isf ? {} : fields) }
  })
  return fc
    .tuple(fc.oneof(fc.constant(packet), { weight: 3, arbitrary: other }), fc.boolean())
    .map(([one, toDevice]) => ({ ...one, toDevice }))
}

/** A value near any of the named components; the first name says how large it may be. */
type NumberNear = (...names: string[]) => fc.Arbitrary<number>

function headerNear(family: 4 | 6, rules: readonly RuleText[], number: NumberNear) {
  const shortest = family === 4 ? 20 : 40
  return fc.record({
    src: addressNear(
      family,
      rules.flatMap((rule) => rule.source ?? rule.except ?? []),
    ),
    dst: addressNear(
      family,
      rules.flatMap((rule) => rule.destination ?? rule.except ?? []),
    ),
    length: number('packet-length').map((length) => Math.max(length, shortest)),
    dscp: number('dscp'),
    fragment: fc.oneof({ weight: 3, arbitrary: wholes(family) }, fc.constantFrom(...PIECES)),
    flowLabel: number('flow-label'),
  })
}

function transportNear(rules: readonly RuleText[], number: NumberNear): fc.Arbitrary<Layer> {
  return fc.record({
    sport: number('port', 'source-port'),
    dport: number('port', 'destination-port'),
    tcpFlags: fc.oneof(fc.constantFrom(...flagsNear(rules)), fc.nat(255)),
    icmpType: number('icmp-type'),
    icmpCode: number('icmp-code'),
  })
}

type Layer = Required<Pick<Packet, 'sport' | 'dport' | 'tcpFlags' | 'icmpType' | 'icmpCode'>>

function carried(proto: number, icmp: number, layer: Layer): Partial<Packet> {
  const { sport, dport, tcpFlags, icmpType, icmpCode } = layer
  if (proto === 6) return { sport, dport, tcpFlags }
  if (proto === 17) return { sport, dport }
  return proto === icmp ? { icmpType, icmpCode } : {}
}

function wholes(family: 4 | 6): fc.Arbitrary<FragmentBits> {
  return family === 4 ? fc.constantFrom(WHOLE, { ...WHOLE, df: true }) : fc.constant(WHOLE)
}

function addressNear(family: 4 | 6, blocks: readonly Block[]): fc.Arbitrary<bigint> {
  const top = (1n << (family === 4 ? 32n : 128n)) - 1n
  const any = fc.bigInt(0n, top)
  if (blocks.length === 0) return any
  return fc.constantFrom(...blocks).chain(({ first, last }) => {
    const edges = [first, last].flatMap((edge) => [edge - 1n, edge, edge + 1n])
    const exact = fc.constantFrom(...edges.filter((address) => address >= 0n && address <= top))
    return fc.oneof({ weight: 4, arbitrary: fc.bigInt(first, last) }, { weight: 4, arbitrary: exact }, any)
  })
}

function numberNear(top: number, spans: readonly Span[]): fc.Arbitrary<number> {
  const any = fc.nat(top)
  if (spans.length === 0) return any
  return fc.constantFrom(...spans).chain(({ low, high }) => {
    const edges = [low - 1, low, low + 1, high - 1, high, high + 1]
    const exact = fc.constantFrom(...edges.filter((value) => value >= 0 && value <= top))
    return fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: low, max: high }) },
      { weight: 4, arbitrary: exact },
      any,
    )
  })
}

const TCP_BITS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr']

/** Flag bytes that just satisfy an alternative, and those with one bit turned. */
function flagsNear(rules: readonly RuleText[]): number[] {
  const found = new Set([0])
  for (const words of rules.flatMap((rule) => rule.flags.get('tcp-flags') ?? [])) {
    let bits = 0
    for (const word of words) if (word.set) bits |= 1 << TCP_BITS.indexOf(word.name)
    found.add(bits)
    for (let bit = 0; bit < 8; bit += 1) found.add(bits ^ (1 << bit))
  }
  return [...found]
}
