/** What a packet is to carry; absent fields are not in its headers. */
export interface WirePacket {
  readonly family: 4 | 6
  readonly src: bigint
  readonly dst: bigint
  readonly proto: number
  readonly sport?: number
  readonly dport?: number
  readonly icmpType?: number
  readonly icmpCode?: number
  readonly tcpFlags?: number
  /** The whole IP packet in bytes. */
  readonly length: number
  readonly dscp: number
  readonly fragment: {
    readonly df: boolean
    readonly isf: boolean
    readonly ff: boolean
    readonly lf: boolean
  }
  readonly flowLabel?: number
}

/** Protocol numbers that are extension headers in IPv6 and need a body of their own (RFC 8200 §4). */
const EXTENSIONS = new Set([0, 43, 44, 50, 51, 59, 60, 135, 139, 140])

/**
 * The bytes of a packet for tests that send it to a real kernel; undefined for one that cannot exist: too short for
 * its own headers, or with an extension header as its last.
 */
export function encodePacket(packet: WirePacket): Buffer | undefined {
  const isFragment = packet.fragment.isf || packet.fragment.ff || packet.fragment.lf
  const headers = packet.family === 4 ? 20 : isFragment ? 48 : 40
  const upper = upperLayer(packet)
  if (packet.length < headers + upper.length) return undefined
  if (packet.family === 6 && (EXTENSIONS.has(packet.proto) || isRefused(packet.src))) return undefined
  if (packet.family === 6 && isRefused(packet.dst)) return undefined
  const bytes = Buffer.alloc(packet.length)
  upper.copy(bytes, headers)
  if (packet.family === 4) writeIpv4(bytes, packet)
  else writeIpv6(bytes, packet, isFragment)
  return bytes
}

/** Multicast and IPv4-mapped addresses, some of which the kernel drops before any filter. */
function isRefused(address: bigint): boolean {
  return address >> 120n === 0xffn || address >> 32n === 0xffffn
}

function upperLayer(packet: WirePacket): Buffer {
  const { proto, sport, dport, tcpFlags, icmpType, icmpCode } = packet
  if (icmpType !== undefined) return Buffer.from([icmpType, icmpCode ?? 0, 0, 0, 0, 0, 0, 0])
  if (sport === undefined) return Buffer.alloc(0)
  const bytes = Buffer.alloc(proto === 6 ? 20 : 8)
  bytes.writeUInt16BE(sport, 0)
  bytes.writeUInt16BE(dport ?? 0, 2)
  if (proto === 6) bytes.set([0x50, tcpFlags ?? 0], 12)
  return bytes
}

/** Offset in units of eight bytes, and whether more follows. */
function fragmentField({ fragment }: WirePacket): { offset: number; more: boolean } {
  return { offset: fragment.isf ? 185 : 0, more: fragment.ff || (fragment.isf && !fragment.lf) }
}

function writeIpv4(bytes: Buffer, packet: WirePacket): void {
  const { offset, more } = fragmentField(packet)
  bytes.set([0x45, packet.dscp << 2])
  bytes.writeUInt16BE(packet.length, 2)
  bytes.writeUInt16BE((packet.fragment.df ? 0x4000 : 0) | (more ? 0x2000 : 0) | offset, 6)
  bytes.set([64, packet.proto], 8)
  bytes.writeUInt32BE(Number(packet.src), 12)
  bytes.writeUInt32BE(Number(packet.dst), 16)
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += bytes.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  bytes.writeUInt16BE(~sum & 0xffff, 10)
}

function writeIpv6(bytes: Buffer, packet: WirePacket, isFragment: boolean): void {
  bytes.writeUInt32BE(0x60000000 + packet.dscp * 0x400000 + (packet.flowLabel ?? 0), 0)
  bytes.writeUInt16BE(packet.length - 40, 4)
  bytes.set([isFragment ? 44 : packet.proto, 64], 6)
  for (let i = 0; i < 16; i++) {
    bytes[8 + i] = Number((packet.src >> BigInt(120 - 8 * i)) & 0xffn)
    bytes[24 + i] = Number((packet.dst >> BigInt(120 - 8 * i)) & 0xffn)
  }
  if (!isFragment) return
  const { offset, more } = fragmentField(packet)
  bytes[40] = packet.proto
  bytes.writeUInt16BE((offset << 3) | (more ? 1 : 0), 42)
}

/** Perl, which every Debian has, since Node has no packet sockets: hex lines in, frames on the loopback out. */
export const SENDER = `
socket(my $s, 17, 3, 0) or die "packet socket: $!";
open(my $f, '<', '/sys/class/net/lo/ifindex') or die; my $index = <$f>;
while (my $line = <STDIN>) {
  chomp $line; my ($type, $hex) = split / /, $line;
  my $to = pack('S n i S C C x8', 17, hex $type, $index, 772, 0, 6);
  defined send($s, pack('H*', '000000000000000000000000' . $type . $hex), 0, $to) or die "send: $!";
}`
