import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { COMPONENT_NAMES } from '../../src/domain/match.ts'
import { arbitraryRules } from '../contract/arbitraries.ts'
import { makeNetns, type Netns, noNetns } from '../helpers/netns.ts'
import { type Packet, ruleMatches } from '../helpers/packet-matcher.ts'
import { packetsNear } from '../helpers/packets.ts'
import { holds } from '../helpers/property.ts'
import { MOST_PACKETS, matchedByKernel } from '../helpers/rule-counter.ts'
import { wireComponents } from '../helpers/wire-rule.ts'

const rules = arbitraryRules(
  { kinds: ['flow'], families: [4, 6], components: COMPONENT_NAMES, actions: ['drop'] },
  ['local'],
  { minLength: 4, maxLength: 12 },
)
const cases = rules.chain((some) => {
  const keys = some.map(({ key }) => key)
  const packets = fc.array(packetsNear(keys).map(asSent).filter(isSent), {
    minLength: 100,
    maxLength: MOST_PACKETS,
  })
  return fc.tuple(fc.constant(keys), packets)
})

describe("what the lab's router matches", { skip: noNetns('nft', 'python3') }, () => {
  let netns: Netns
  before(() => {
    netns = makeNetns()
  })
  after(() => netns?.remove())

  it('is what RFC 8955 and RFC 8956 say, packet by packet', () =>
    holds(
      fc.property(cases, ([keys, packets]) => {
        const wire = keys.map((key) => ({ family: familyOf(key), components: wireComponents(key) }))
        for (const [at, matched] of matchedByKernel(netns, wire, packets).entries()) {
          const key = keys[at] ?? ''
          for (const [number, packet] of packets.entries()) {
            assert.equal(matched.has(number + 1), ruleMatches(key, packet), `${key}: ${textOf(packet)}`)
          }
        }
      }),
      8,
      // each try starts programs: a smaller case is not worth the wait
      { endOnFailure: true },
    ))
})

function familyOf(key: string): 4 | 6 {
  return key.startsWith('flow6') ? 6 : 4
}

const TAIL = 6
const TRANSPORT: Readonly<Record<number, number>> = { 1: 8, 6: 20, 17: 8, 58: 8 }

/** No packet is shorter than its headers and the mark at its end. */
function asSent(packet: Packet): Packet {
  const { family, fragment, proto, length } = packet
  const pieces = family === 6 && (fragment.ff || fragment.isf) ? 8 : 0
  return {
    ...packet,
    length: Math.max(length, (family === 4 ? 20 : 40) + pieces + (TRANSPORT[proto] ?? 0) + TAIL),
  }
}

/** Extension headers, encrypted payload, and no payload at all: there nft does not see what the RFC means. */
const NO_UPPER_LAYER = new Set([0, 43, 44, 50, 51, 59, 60, 135, 139, 140])

/** Whether a kernel takes it for a packet at all: it looks at some addresses before any rule does. */
function isSent({ family, src, dst, proto }: Packet): boolean {
  if (family === 4) return src >> 24n < 224n && dst >> 24n < 224n
  const isMulticast = (address: bigint): boolean => address >> 120n === 0xffn
  return !isMulticast(src) && !isMulticast(dst) && !NO_UPPER_LAYER.has(proto)
}

function textOf(packet: Packet): string {
  return JSON.stringify(packet, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString(16) : value,
  )
}
