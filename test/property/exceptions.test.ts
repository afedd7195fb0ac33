import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { matchText, parseMatchText } from '../../src/domain/match.ts'
import { DISJOINT, INEXPRESSIBLE, intersectMatches, matchCovers } from '../../src/domain/match-sets.ts'
import { DROP, filterRule } from '../../src/domain/rule.ts'
import { arbitraryExceptions, arbitraryKeep, arbitraryMatch } from '../contract/arbitraries.ts'
import { ruleMatches } from '../helpers/packet-matcher.ts'
import { packetsNear } from '../helpers/packets.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 400

/** Access lists with exceptions, near enough to each other that they meet at both ends. */
const lists = fc
  .constantFrom<4 | 6>(4, 6)
  .chain((family) =>
    arbitraryMatch(family, { components: ['protocol'] })
      .chain(arbitraryExceptions)
      .chain(arbitraryKeep),
  )
  .map((match) => filterRule('acl', match, DROP))

describe('the packets of two matches with exceptions', () => {
  it('that are in both are those of the intersection, and of no other', () =>
    holds(
      fc.property(
        fc
          .tuple(lists, lists)
          .chain(([a, b]) =>
            fc.tuple(
              fc.constant(a),
              fc.constant(b),
              fc.array(packetsNear([a.key, b.key]), { minLength: 20, maxLength: 20 }),
            ),
          ),
        ([a, b, packets]) => {
          const both = intersectMatches(a.match, b.match)
          for (const packet of packets) {
            const inBoth = ruleMatches(a.key, packet) && ruleMatches(b.key, packet)
            if (both === DISJOINT) assert.ok(!inBoth)
            else if (both !== INEXPRESSIBLE)
              assert.equal(ruleMatches(filterRule('acl', both, DROP).key, packet), inBoth)
          }
          assert.ok(matchCovers(a.match, a.match))
          if (matchCovers(a.match, b.match))
            for (const packet of packets) assert.ok(!ruleMatches(b.key, packet) || ruleMatches(a.key, packet))
        },
      ),
      RUNS,
    ))

  it('what is left out of one is in no other, in all of it or in a part that cannot be said', () => {
    const match = (text: string) => parseMatchText(4, text)
    const of = (a: string, b: string) => {
      const both = intersectMatches(match(a), match(b))
      assert.deepEqual(intersectMatches(match(b), match(a)), both)
      return typeof both === 'string' ? both : matchText(both)
    }
    const from = 'source=10.0.0.0/24 except=192.0.2.0/24'
    assert.equal(of(from, 'source=10.0.0.0/25 except=192.0.3.0/24'), 'source=10.0.0.0/25 except=192.0.2.0/23')
    assert.equal(of(from, 'destination=198.51.100.1'), 'destination=198.51.100.1/32 source=10.0.0.0/24')
    assert.equal(of(from, 'destination=192.0.2.7'), DISJOINT)
    assert.equal(of(from, 'destination=192.0.0.0/16'), INEXPRESSIBLE)
    assert.equal(of(from, 'destination=192.0.0.0/16 except=10.0.0.0/8'), DISJOINT)
    assert.equal(of('source=10.0.0.1 except=0.0.0.0/1', 'source=10.0.0.1 except=128.0.0.0/1'), DISJOINT)
    assert.equal(
      of(`${from} keep=control`, 'source=10.0.0.0/25'),
      'source=10.0.0.0/25 except=192.0.2.0/24 keep=control',
    )
    assert.equal(of('source=10.0.0.1 keep=control', 'destination=192.0.2.7'), INEXPRESSIBLE)
    const covers = (a: string, b: string) => matchCovers(match(a), match(b))
    assert.ok(covers('source=10.0.0.0/8', from))
    assert.ok(!covers(from, 'source=10.0.0.0/24'))
    assert.ok(covers(from, 'source=10.0.0.1 except=192.0.0.0/16'))
    assert.ok(covers(from, 'source=10.0.0.1 destination=192.0.3.1'))
    assert.ok(!covers(from, 'source=10.0.0.1 destination=192.0.2.1'))
  })
})
