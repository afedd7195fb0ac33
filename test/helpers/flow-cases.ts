import type { Family } from '../../simulator/addresses.ts'
import type { CraftedPacket } from '../../simulator/probe/crafted.ts'

type Shape = Omit<CraftedPacket, 'family'>

/** One component beside the destination, a packet that it matches, and one that differs in nothing else. */
export interface ComponentCase {
  readonly family: Family
  readonly name: string
  /** It names no destination. */
  readonly bare?: true
  /** In ExaBGP's words, and in those of a block. */
  readonly match: string
  readonly asked: Readonly<Record<string, string>>
  readonly hit: Shape
  readonly miss: Shape
}

const TCP = 6
const UDP = 17
const ICMP = { 4: 1, 6: 58 } as const
const SYN = 2
const ACK = 16

const OTHER = {
  4: ['198.51.100.10/32', '198.51.100.11'],
  6: ['2001:db8:f00:1::10/128', '2001:db8:f00:1::11'],
} as const

/** The host that the packets go to, and the one beside it. */
export const HOST: Readonly<Record<Family, string>> = { 4: '203.0.113.10', 6: '2001:db8:101::10' }
const BESIDE: Readonly<Record<Family, string>> = { 4: '203.0.113.11', 6: '2001:db8:101::11' }

interface Shapes {
  readonly tcp: Shape
  readonly udp: Shape
  readonly icmp: Shape
}

/** A packet of each kind, with which the cases begin. */
function shapesOf(family: Family): Shapes {
  return {
    tcp: { proto: TCP, sport: 2000, dport: 80, tcpFlags: SYN },
    udp: { proto: UDP, sport: 2000, dport: 80 },
    icmp: { proto: ICMP[family], icmpType: 8, icmpCode: 0 },
  }
}

type One = (
  name: string,
  match: string,
  asked: ComponentCase['asked'],
  hit: Shape,
  miss: Shape,
) => ComponentCase

function addressesAndPorts(family: Family, one: One, { tcp, udp }: Shapes): ComponentCase[] {
  const [source, stranger] = OTHER[family]
  const protocol = family === 4 ? 'protocol' : 'next-header'
  const bySource = one('source', `source ${source};`, { source }, udp, { ...udp, src: stranger })
  return [
    one('destination', '', {}, udp, { ...udp, dst: BESIDE[family] }),
    { ...bySource, bare: true },
    { ...bySource, name: 'source and destination' },
    one('protocol', `${protocol} =17;`, { protocol: 'udp' }, udp, { ...udp, proto: TCP, tcpFlags: 0 }),
    one('port', 'port [ =80 =443 ];', { port: '80,443' }, udp, { ...udp, dport: 81 }),
    one('port as source', 'port =2000;', { port: '2000' }, tcp, { ...tcp, sport: 2001 }),
    one(
      'destination port',
      'destination-port [ >=80&<=90 ];',
      { destinationPort: '80-90' },
      { ...udp, dport: 90 },
      { ...udp, dport: 91 },
    ),
    one('destination port in a later fragment', 'destination-port =80;', { destinationPort: '80' }, udp, {
      ...udp,
      offset: 10,
    }),
    one('source port', 'source-port [ >1999&<2001 ];', { sourcePort: '2000' }, tcp, { ...tcp, sport: 2001 }),
  ]
}

function typesAndFlags(one: One, { tcp, icmp }: Shapes): ComponentCase[] {
  return [
    one('ICMP type', 'icmp-type =8;', { icmpType: '8' }, icmp, { ...icmp, icmpType: 0 }),
    one('ICMP code', 'icmp-code =0;', { icmpCode: '0' }, icmp, { ...icmp, icmpCode: 1 }),
    one('TCP flags', 'tcp-flags [ =syn ];', { tcpFlags: 'syn' }, tcp, { ...tcp, tcpFlags: ACK }),
    one('TCP flags, syn without ack', 'tcp-flags [ =syn&!=ack ];', { tcpFlags: 'syn&!ack' }, tcp, {
      ...tcp,
      tcpFlags: SYN | ACK,
    }),
  ]
}

function lengthsAndFragments(family: Family, one: One, { udp }: Shapes): ComponentCase[] {
  const dscp = family === 4 ? 'dscp' : 'traffic-class'
  return [
    one(
      'packet length',
      'packet-length [ >=100&<=200 ];',
      { packetLength: '100-200' },
      { ...udp, length: 200 },
      { ...udp, length: 201 },
    ),
    one('DSCP', `${dscp} =10;`, { dscp: '10' }, { ...udp, dscp: 10 }, { ...udp, dscp: 12 }),
    one('fragment', 'fragment [ is-fragment ];', { fragment: 'is-fragment' }, { ...udp, offset: 10 }, udp),
    one(
      'first fragment',
      'fragment [ first-fragment ];',
      { fragment: 'first-fragment' },
      { ...udp, more: true },
      { ...udp, more: true, offset: 10 },
    ),
    one(
      'last fragment',
      'fragment [ last-fragment ];',
      { fragment: 'last-fragment' },
      { ...udp, offset: 10 },
      { ...udp, more: true, offset: 10 },
    ),
  ]
}

function casesOf(family: Family): ComponentCase[] {
  const one: One = (name, match, asked, hit, miss) => ({ family, name, match, asked, hit, miss })
  const shapes = shapesOf(family)
  return [
    ...addressesAndPorts(family, one, shapes),
    ...typesAndFlags(one, shapes),
    ...lengthsAndFragments(family, one, shapes),
  ]
}

export const COMPONENT_CASES: readonly ComponentCase[] = [
  ...casesOf(4),
  {
    family: 4,
    name: "don't fragment",
    match: 'fragment [ dont-fragment ];',
    asked: { fragment: 'dont-fragment' },
    hit: { proto: UDP, df: true },
    miss: { proto: UDP },
  },
  ...casesOf(6),
  {
    family: 6,
    name: 'flow label',
    match: 'flow-label =70000;',
    asked: { flowLabel: '70000' },
    hit: { proto: UDP, flowLabel: 70_000 },
    miss: { proto: UDP, flowLabel: 70_001 },
  },
]

/** What a table of results calls a case. */
export function caseName({ family, name }: Pick<ComponentCase, 'family' | 'name'>): string {
  return `IPv${family} ${name}`
}
