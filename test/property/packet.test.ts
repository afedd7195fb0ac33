import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bitTestsHave } from '../../src/domain/bitmask.ts'
import type { Components } from '../../src/domain/match.ts'
import { rangesHave } from '../../src/domain/numeric.ts'
import { prefixContains, prefixFromBits } from '../../src/domain/prefix.ts'
import { type FilterRule, ruleFromKey } from '../../src/domain/rule.ts'
import { arbitraryRule } from '../contract/arbitraries.ts'
import { ALL } from '../helpers/everything.ts'
import { type Packet, ruleMatches } from '../helpers/packet-matcher.ts'
import { packetsNear } from '../helpers/packets.ts'
import { holds } from '../helpers/property.ts'

const filters = arbitraryRule({ ...ALL, kinds: ['acl'] })
const pairs = filters.chain((rule) => fc.tuple(fc.constant(rule as FilterRule), packetsNear([rule.key])))

/** What our own structures say of the packet, field by field. */
function oursMatches(rule: FilterRule, packet: Packet): boolean {
  const { destination, source, except, components, family } = rule.match
  const host = (bits: bigint) => prefixFromBits(family, bits, family === 4 ? 32 : 128)
  if (destination !== undefined && !prefixContains(destination, host(packet.dst))) return false
  if (source !== undefined && !prefixContains(source, host(packet.src))) return false
  const other = host(destination === undefined ? packet.dst : packet.src)
  if (except?.some((prefix) => prefixContains(prefix, other)) === true) return false
  if (rule.match.keep !== undefined && isControl(rule, packet)) return false
  const { port } = components
  const ports = [packet.sport, packet.dport].filter((value) => value !== undefined)
  if (port !== undefined && !ports.some((value) => rangesHave(port, value))) return false
  return numbersMatch(components, packet) && flagsMatch(components, packet)
}

/** Ports and ICMP types as src/domain/control.ts has them; nothing else of a later fragment is known. */
function isControl({ match }: FilterRule, { fragment, toDevice, family, proto, ...packet }: Packet): boolean {
  if (fragment.isf) return false
  const { sport, dport, icmpType = -1, icmpCode } = packet
  const tooBig =
    family === 4 ? proto === 1 && icmpType === 3 && icmpCode === 4 : proto === 58 && icmpType === 2
  if (tooBig && match.destination !== undefined) return true
  if (toDevice !== true) return false
  const bgp = proto === 6 && [sport, dport].includes(179)
  const bfd = proto === 17 && [3784, 3785, 4784].includes(dport ?? 0)
  return tooBig || bgp || bfd || (proto === 58 && family === 6 && icmpType > 132 && icmpType < 138)
}

function numbersMatch(components: Components, packet: Packet): boolean {
  const pairs = [
    [components.protocol, packet.proto],
    [components.destinationPort, packet.dport],
    [components.sourcePort, packet.sport],
    [components.icmpType, packet.icmpType],
    [components.icmpCode, packet.icmpCode],
    [components.packetLength, packet.length],
    [components.dscp, packet.dscp],
    [components.flowLabel, packet.flowLabel],
  ] as const
  return pairs.every(
    ([ranges, value]) => ranges === undefined || (value !== undefined && rangesHave(ranges, value)),
  )
}

function flagsMatch({ tcpFlags, fragment }: Components, packet: Packet): boolean {
  const { df, isf, ff, lf } = packet.fragment
  const bits = (df ? 1 : 0) + (isf ? 2 : 0) + (ff ? 4 : 0) + (lf ? 8 : 0)
  if (fragment !== undefined && !bitTestsHave(fragment, bits)) return false
  if (tcpFlags === undefined) return true
  return packet.tcpFlags !== undefined && bitTestsHave(tcpFlags, packet.tcpFlags)
}

describe('what a rule matches', () => {
  it('is the same by its key, read independently, and by its fields', () =>
    holds(
      fc.property(pairs, ([rule, packet]) => {
        assert.equal(ruleMatches(rule.key, packet), oursMatches(rule, packet))
      }),
      2_000,
    ))

  it('is met and missed often enough by packets near it', () => {
    const verdicts = fc
      .sample(pairs, { numRuns: 2_000, seed: 8955 })
      .map(([rule, packet]) => ruleMatches(rule.key, packet))
    const met = verdicts.filter(Boolean).length
    assert.ok(met > 200 && met < 1_800, `${met} of 2000`)
  })

  const cases: readonly [key: string, packet: Partial<Packet>, matches: boolean][] = [
    ['acl4 destination=198.18.0.0/24', { dst: 0xc61200ffn }, true],
    ['acl4 destination=198.18.0.0/24', { dst: 0xc6120100n }, false],
    ['acl4 source=198.18.0.1/32', { src: 0xc6120001n }, true],
    ['acl4 destination=198.18.0.0/24 protocol=17 destination-port=53', { dport: 53 }, true],
    ['acl4 destination=198.18.0.0/24 protocol=17 destination-port=53', { dport: 54 }, false],
    ['acl4 destination=198.18.0.0/24 protocol=6,17 port=53', { sport: 53, dport: 9 }, true],
    ['acl4 destination=198.18.0.0/24 protocol=6 tcp-flags=syn&!ack', { proto: 6, tcpFlags: 2 }, true],
    ['acl4 destination=198.18.0.0/24 protocol=6 tcp-flags=syn&!ack', { proto: 6, tcpFlags: 18 }, false],
    ['acl4 destination=198.18.0.0/24 protocol=6 tcp-flags=!ack', { proto: 17 }, false],
    ['acl4 destination=198.18.0.0/24 protocol=1 icmp-type=8', { proto: 1, icmpType: 8 }, true],
    ['acl4 destination=198.18.0.0/24 fragment=dont-fragment', {}, false],
    ['acl4 destination=198.18.0.0/24 except=10.0.0.1/32,10.1.0.0/16', {}, false],
    ['acl4 destination=198.18.0.0/24 except=10.0.0.1/32,10.1.0.0/16', { src: 0x0a01ffffn }, false],
    ['acl4 destination=198.18.0.0/24 except=10.0.0.1/32,10.1.0.0/16', { src: 0x0a020000n }, true],
    ['acl4 source=10.0.0.0/8 except=198.18.0.0/24', {}, false],
    ['acl4 source=10.0.0.0/8 except=198.18.0.0/24', { dst: 0xc6120100n }, true],
    ['acl4 destination=198.18.0.0/24 keep=control', { proto: 6, dport: 179 }, true],
    ['acl4 destination=198.18.0.0/24 keep=control', { proto: 6, dport: 179, toDevice: true }, false],
    ['acl4 source=10.0.0.0/8 keep=control', { proto: 6, sport: 179, toDevice: true }, false],
    ['acl4 source=10.0.0.0/8 keep=control', { proto: 17, dport: 3784, toDevice: true }, false],
    ['acl4 source=10.0.0.0/8 keep=control', { proto: 17, sport: 3784, toDevice: true }, true],
    ['acl4 source=10.0.0.0/8 keep=control', { proto: 6, dport: 22, toDevice: true }, true],
    ['acl4 source=10.0.0.0/8 keep=control', { proto: 1, icmpType: 3, icmpCode: 4 }, true],
    ['acl4 destination=198.18.0.0/24 keep=control', { proto: 1, icmpType: 3, icmpCode: 4 }, false],
    ['d-rtbh region:x 198.18.0.0/24', {}, true],
    ['s-rtbh local 198.18.0.0/24', { src: 1n }, false],
    ['acl6 destination=2001:2::/48', {}, false],
  ]
  const plain: Packet = {
    family: 4,
    src: 0x0a000001n,
    dst: 0xc6120001n,
    proto: 17,
    sport: 4_711,
    dport: 4_712,
    length: 100,
    dscp: 0,
    fragment: { df: false, isf: false, ff: false, lf: false },
  }
  for (const [key, fields, matches] of cases) {
    it(`${key}: ${matches ? 'met' : 'missed'}`, () => {
      assert.equal(ruleMatches(key, { ...plain, ...fields }), matches)
      if (!key.includes(' region:')) assert.equal(ruleFromKey(key, { do: 'drop' }).key, key)
    })
  }

  it('needs the transport header, which later fragments do not carry', () => {
    const later = { ...plain, fragment: { df: false, isf: true, ff: false, lf: false } }
    assert.equal(
      ruleMatches('acl4 destination=198.18.0.1/32 protocol=17 destination-port=4712', later),
      false,
    )
    assert.equal(ruleMatches('acl4 destination=198.18.0.1/32 protocol=17', later), true)
  })
})
