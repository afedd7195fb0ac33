import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { COMPONENT_NAMES, matchText, readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { FilterRule } from '../../src/domain/rule.ts'
import { arbitraryPrefix, arbitraryRule } from '../../test/contract/arbitraries.ts'
import { isAction } from '../witnessing/flow-action.ts'
import { BmpError } from './bytes.ts'
import { decodeFlow } from './flow-nlri.ts'
import { Framing } from './framing.ts'
import {
  announce,
  announceFlow,
  attribute,
  bmp,
  communities,
  endOfRib,
  flowNlri,
  initiation,
  monitoring,
  rate,
  statistics,
  update,
  withdraw,
  withdrawFlow,
} from './testing/messages.ts'
import { readUpdate } from './update.ts'

const flows = arbitraryRule({
  kinds: ['flow'],
  families: [4, 6],
  components: COMPONENT_NAMES,
  actions: ['drop', 'rate-limit'],
}) as fc.Arbitrary<FilterRule>

/** Whatever comes, it is read or refused in words. */
function readsOrRefuses(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    assert.ok(error instanceof BmpError, String(error))
  }
}

describe('flow specification on the wire', () => {
  it('is read as what was meant, with its action', () =>
    fc.assert(
      fc.property(flows, (rule) => {
        assert.equal(
          matchText(decodeFlow(rule.match.family, flowNlri(rule.match)) ?? rule.match),
          matchText(rule.match),
        )
        const read = readUpdate(announceFlow(rule.match, rate(rule.action)))
        assert.deepEqual(read.announced, [rule.key])
        assert.ok(isAction(read.attributes.action, rule.action))
        const gone = readUpdate(withdrawFlow(rule.match))
        assert.deepEqual([gone.withdrawn, gone.families], [[rule.key], [`flow${rule.match.family}`]])
      }),
    ))

  it('equal values are one match, however they are written', () => {
    const text = (hex: string) => {
      const match = decodeFlow(4, Buffer.from(`0120c6120001${hex}`, 'hex'))
      return match === undefined ? undefined : matchText(match)
    }
    const udp = 'destination=198.18.0.1/32 protocol=17'
    assert.equal(text('038111'), udp)
    assert.equal(text('03910011'), udp, 'in two bytes')
    assert.equal(text('03c111'), udp, 'an `and` with nothing before it')
    assert.equal(text('038111048135'), `${udp} port=53`)
    assert.equal(text('0a8640'), 'destination=198.18.0.1/32 packet-length=0-63,65-65535', 'not equal')
    assert.equal(text('038006'), undefined, 'no value passes')
    assert.equal(text('0e8106'), undefined, 'a component that is not known')
    assert.equal(text('038111028111'), undefined, 'out of order')
    assert.throws(() => text('03011104'), BmpError, 'ends before its last operator')
  })

  it('any bytes are read or refused', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(4, 6), (bytes, family) =>
        readsOrRefuses(() => decodeFlow(family as 4 | 6, Buffer.from(bytes))),
      ),
      { numRuns: 500 },
    ))
})

describe('UPDATEs', () => {
  it('prefixes of both families, announced and withdrawn', () =>
    fc.assert(
      fc.property(
        fc
          .constantFrom(4 as const, 6 as const)
          .chain((family) => fc.array(arbitraryPrefix(family), { minLength: 1, maxLength: 20 })),
        (prefixes) => {
          const there = readUpdate(announce(prefixes, communities('65010:911', '65535:666')))
          assert.deepEqual(there.announced, prefixes)
          assert.deepEqual(there.attributes.communities, ['65010:911', '65535:666'])
          assert.deepEqual(readUpdate(withdraw(prefixes)).withdrawn, prefixes)
        },
      ),
    ))

  it('End-of-RIB of each family', () => {
    assert.equal(readUpdate(endOfRib()).endOfRib, 'unicast4')
    const mp = readUpdate(update([], [attribute(15, Buffer.from([0, 2, 133]))], []))
    assert.deepEqual([mp.endOfRib, mp.families], ['flow6', ['flow6']])
    const other = readUpdate(update([], [attribute(15, Buffer.from([0, 25, 70]))], []))
    assert.deepEqual([other.endOfRib, other.families], [undefined, []])
  })

  it('a rate is compared as it travels, and another action is none of ours', () => {
    const { attributes } = readUpdate(
      announceFlow(
        readMatch(4, { destination: '198.18.0.1' }),
        rate({ do: 'rate-limit', bytesPerSecond: 16_777_217 }),
      ),
    )
    assert.ok(isAction(attributes.action, { do: 'rate-limit', bytesPerSecond: 16_777_217 }))
    assert.ok(!isAction(attributes.action, { do: 'rate-limit', bytesPerSecond: 16_777_300 }))
    assert.ok(!isAction(attributes.action, { do: 'drop' }))
    const redirect = attribute(16, Buffer.from('8006000000000000800800640000000a', 'hex'))
    const redirected = readUpdate(announceFlow(readMatch(4, { destination: '198.18.0.1' }), redirect))
    assert.equal(redirected.attributes.action, 'other', 'two actions')
    const action = (hex: string) =>
      readUpdate(
        announceFlow(readMatch(4, { destination: '198.18.0.1' }), attribute(16, Buffer.from(hex, 'hex'))),
      ).attributes.action
    assert.deepEqual(action('8008fdf200000064'), { do: 'redirect', to: '65010:100' })
    assert.ok(isAction(action('8008fdf200000064'), { do: 'redirect', to: 'scrubber' }))
    assert.deepEqual(action('8009000000000008'), { do: 'mark', dscp: 8 })
    assert.ok(!isAction(action('8009000000000008'), { do: 'mark', dscp: 9 }))
    assert.equal(action('800c000000000000'), 'other')
  })

  it('any bytes, and any damage to a good message, are read or refused', () =>
    fc.assert(
      fc.property(fc.nat(200), fc.nat(255), fc.nat(200), (at, byte, cut) => {
        const good = announce([parsePrefix('198.18.0.0/24')], communities('65010:911'), rate({ do: 'drop' }))
        const bad = Buffer.from(good)
        bad[at % bad.length] = byte
        readsOrRefuses(() => readUpdate(bad))
        readsOrRefuses(() => readUpdate(good.subarray(0, cut % good.length)))
      }),
      { numRuns: 500 },
    ))
})

describe('BMP over TCP', () => {
  it('messages come whole, however they are cut', () => {
    const sent = [
      initiation(),
      statistics(),
      monitoring(withdraw([parsePrefix('198.18.0.1')])),
      bmp(6, Buffer.alloc(70_000)),
    ]
    const stream = Buffer.concat(sent)
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 30 }), (cuts) => {
        const framing = new Framing()
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length]
        const frames = edges.flatMap((edge, at) => framing.push(stream.subarray(edges[at - 1] ?? 0, edge)))
        assert.deepEqual(
          frames.map(({ type, body }) => bmp(type, body)),
          sent,
        )
      }),
    )
  })

  it('what is no BMP is refused at its first byte that tells', () => {
    const refused = (bytes: Buffer) => assert.throws(() => new Framing().push(bytes), BmpError)
    refused(Buffer.from('GET / HTTP/1.1\r\n'))
    refused(Buffer.from([3, 0xff, 0xff, 0xff, 0xff, 0]))
    refused(Buffer.from([3, 0, 0, 0, 5, 0]))
  })
})
