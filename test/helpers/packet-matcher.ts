import { type Block, type FlagWord, type RuleText, readRuleKey, type Span } from './rule-text.ts'

/** One packet as a filter sees it. What its headers do not carry is left out. */
export interface Packet {
  readonly family: 4 | 6
  readonly src: bigint
  readonly dst: bigint
  /** Of the transport or upper layer: of the first header that is no extension header (RFC 8956 §3.3). */
  readonly proto: number
  readonly sport?: number
  readonly dport?: number
  readonly icmpType?: number
  readonly icmpCode?: number
  /** The low eight flags of the TCP header. */
  readonly tcpFlags?: number
  /** The whole IP packet in bytes. */
  readonly length: number
  readonly dscp: number
  readonly fragment: FragmentBits
  /** IPv6 alone. */
  readonly flowLabel?: number
  /** Whether it is for the device that filters, or multicast. */
  readonly toDevice?: boolean
}

/** What RFC 8955 §4.2.2.12 tests: don't fragment; offset not 0; more to come and offset 0; none to come and not 0. */
export interface FragmentBits {
  readonly df: boolean
  readonly isf: boolean
  readonly ff: boolean
  readonly lf: boolean
}

const TCP = 6
const UDP = 17
const ICMP = { 4: 1, 6: 58 } as const

/** Whether the rule with this key is about the packet, by RFC 8955 and RFC 8956 alone. */
export function ruleMatches(key: string, packet: Packet): boolean {
  return textMatches(readRuleKey(key), packet)
}

/** The same for a key that was read before. All components must hold (RFC 8955 §4.2). */
export function textMatches(rule: RuleText, packet: Packet): boolean {
  if (rule.family !== packet.family) return false
  if (!inBlock(rule.destination, packet.dst) || !inBlock(rule.source, packet.src)) return false
  const other = rule.destination === undefined ? packet.dst : packet.src
  if (rule.except?.some((block) => inBlock(block, other)) === true) return false
  if (rule.keep === true && isKept(rule.destination === undefined ? 'from' : 'to', packet)) return false
  for (const [name, spans] of rule.numbers) {
    if (!valuesOf(name, packet).some((value) => spans.some((span) => inSpan(span, value)))) return false
  }
  for (const [name, alternatives] of rule.flags) {
    const bits = flagsOf(name, packet)
    if (bits === undefined || !alternatives.some((words) => words.every((word) => hasFlag(bits, word)))) {
      return false
    }
  }
  return true
}

/** What a rule about one end leaves out if it keeps control traffic: all to the device, and packet-too-big to that end. */
export function isKept(way: 'to' | 'from', packet: Packet): boolean {
  if (packet.fragment.isf) return false
  const tooBig = isTooBig(packet)
  return (
    (packet.toDevice === true && (tooBig || isRouting(packet) || isDiscovery(packet))) ||
    (way === 'to' && tooBig)
  )
}

/** ICMPv6 type 2 (RFC 4443 §3.2), ICMP type 3 code 4 (RFC 1191 §4). */
function isTooBig({ family, proto, icmpType, icmpCode }: Packet): boolean {
  if (proto !== ICMP[family]) return false
  return family === 6 ? icmpType === 2 : icmpType === 3 && icmpCode === 4
}

/** BGP (RFC 4271 §8) and BFD (RFC 5881 §4, RFC 5883 §5). */
function isRouting({ proto, sport, dport }: Packet): boolean {
  if (proto === TCP) return sport === 179 || dport === 179
  return proto === UDP && dport !== undefined && [3784, 3785, 4784].includes(dport)
}

/** RFC 4861 §4. */
function isDiscovery({ family, proto, icmpType = 0 }: Packet): boolean {
  return family === 6 && proto === ICMP[6] && icmpType >= 133 && icmpType <= 137
}

function inBlock(block: Block | undefined, address: bigint): boolean {
  return block === undefined || (block.first <= address && address <= block.last)
}

function inSpan(span: Span, value: number): boolean {
  return span.low <= value && value <= span.high
}

function hasFlag(bits: ReadonlyMap<string, boolean>, word: FlagWord): boolean {
  const bit = bits.get(word.name)
  if (bit === undefined) throw new Error(`the matcher does not know the flag '${word.name}'`)
  return bit === word.set
}

/** The values of a packet that a component looks at; none where the packet has no such field, so nothing holds. */
function valuesOf(name: string, packet: Packet): number[] {
  const field = (value: number | undefined): number[] => (value === undefined ? [] : [value])
  // Only the first piece of a datagram carries the transport header.
  const transport = !packet.fragment.isf
  const ports = transport && (packet.proto === TCP || packet.proto === UDP)
  const icmp = transport && packet.proto === ICMP[packet.family]
  switch (name) {
    case 'protocol':
      return [packet.proto]
    case 'port':
      return ports ? [...field(packet.sport), ...field(packet.dport)] : []
    case 'destination-port':
      return ports ? field(packet.dport) : []
    case 'source-port':
      return ports ? field(packet.sport) : []
    case 'icmp-type':
      return icmp ? field(packet.icmpType) : []
    case 'icmp-code':
      return icmp ? field(packet.icmpCode) : []
    case 'packet-length':
      return [packet.length]
    case 'dscp':
      return [packet.dscp]
    case 'flow-label':
      return packet.family === 6 ? field(packet.flowLabel) : []
    default:
      throw new Error(`the matcher does not know '${name}'`)
  }
}

/** In the order of the header's bits, the lowest first (RFC 9293 §3.1). */
const TCP_BITS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr']

function flagsOf(name: string, packet: Packet): ReadonlyMap<string, boolean> | undefined {
  const { fragment, tcpFlags } = packet
  if (name === 'fragment') {
    const bits: [string, boolean][] = [
      ['is-fragment', fragment.isf],
      ['first-fragment', fragment.ff],
      ['last-fragment', fragment.lf],
    ]
    if (packet.family === 4) bits.push(['dont-fragment', fragment.df])
    return new Map(bits)
  }
  if (packet.proto !== TCP || fragment.isf || tcpFlags === undefined) return undefined
  return new Map(TCP_BITS.map((flag, bit) => [flag, (tcpFlags & (1 << bit)) !== 0]))
}
