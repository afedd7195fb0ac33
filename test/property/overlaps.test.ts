import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { COMPONENT_NAMES, readMatch } from '../../src/domain/match.ts'
import { DISJOINT, INEXPRESSIBLE, intersectMatches, matchCovers } from '../../src/domain/match-sets.ts'
import {
  type Action,
  compareActions,
  DROP,
  type FilterRule,
  filterRule,
  sameAction,
  strictestAction,
} from '../../src/domain/rule.ts'
import { Overlaps } from '../../src/engine/overlaps.ts'
import { compareFlowOrder } from '../../src/placement/flow-order.ts'
import { arbitraryAction, arbitraryMatch } from '../contract/arbitraries.ts'
import { ruleMatches } from '../helpers/packet-matcher.ts'
import { packetsNear } from '../helpers/packets.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 400

const matches = fc
  .constantFrom<4 | 6>(4, 6)
  .chain((family) => arbitraryMatch(family, { components: COMPONENT_NAMES }))
const actions = fc.oneof(
  fc.constant<Action>(DROP),
  arbitraryAction({ actions: ['rate-limit', 'redirect', 'mark'], places: ['scrubber'] }),
)
const rules = fc.tuple(matches, actions).map(([match, action]) => filterRule('flow', match, action))

/** Rules that have much in common, as what is attacked and who attacks have. */
const crowds = fc
  .tuple(fc.constantFrom<4 | 6>(4, 6), fc.array(fc.tuple(fc.nat(), actions), { minLength: 2, maxLength: 6 }))
  .map(([family, picks]) =>
    picks.map(([pick, action]) =>
      filterRule('flow', readMatch(family, COMMON[family][pick % 8] ?? {}), action),
    ),
  )

const narrow = [
  { protocol: 'udp' },
  { protocol: 'udp', sourcePort: '53,123' },
  { protocol: 'udp', destinationPort: '80-90' },
  { port: '443' },
  { tcpFlags: 'syn&!ack' },
]
const COMMON = {
  4: common('198.18.0.0/24', '198.18.1.0/24', '198.18.1.7'),
  6: common('2001:2::/64', '2001:2:0:1::/64', '2001:2:0:1::7'),
}

function common(victims: string, attackers: string, attacker: string): Record<string, string>[] {
  return [
    { source: attacker },
    { source: attackers, destination: victims },
    { destination: victims },
    ...narrow.map((more) => ({ destination: victims, ...more })),
  ]
}

function key({ match }: FilterRule): string {
  return filterRule('flow', match, DROP).key
}

describe('the packets of two matches', () => {
  it('that are in both are those of the intersection, and of no other', () =>
    holds(
      fc.property(
        fc
          .tuple(rules, rules)
          .chain(([a, b]) =>
            fc.tuple(
              fc.constant(a),
              fc.constant(b),
              fc.array(packetsNear([a.key, b.key]), { minLength: 20, maxLength: 20 }),
            ),
          ),
        ([a, b, packets]) => {
          const both = intersectMatches(a.match, b.match)
          if (both === INEXPRESSIBLE) return
          for (const packet of packets) {
            const inBoth = ruleMatches(a.key, packet) && ruleMatches(b.key, packet)
            assert.equal(both !== DISJOINT && ruleMatches(filterRule('flow', both, DROP).key, packet), inBoth)
          }
          if (matchCovers(a.match, b.match))
            for (const packet of packets) assert.ok(!ruleMatches(b.key, packet) || ruleMatches(a.key, packet))
        },
      ),
      RUNS,
    ))

  it('a list of ports of either end has no intersection with another, but with a wider one', () => {
    const port = (text: string) => readMatch(4, { destination: '192.0.2.1', port: text })
    assert.equal(intersectMatches(port('53'), port('123')), INEXPRESSIBLE)
    assert.deepEqual(intersectMatches(port('53,123'), port('123')), port('123'))
  })
})

describe('the order of flow rules', () => {
  const order = (a: Record<string, unknown>, b: Record<string, unknown>, family: 4 | 6 = 4): number =>
    Math.sign(compareFlowOrder(readMatch(family, a), readMatch(family, b)))

  it('is total', () =>
    holds(
      fc.property(rules, rules, rules, (a, b, c) => {
        if (a.match.family !== b.match.family || b.match.family !== c.match.family) return
        const compare = (x: FilterRule, y: FilterRule) => Math.sign(compareFlowOrder(x.match, y.match))
        assert.equal(compare(a, b) + compare(b, a), 0)
        assert.equal(compare(a, b) === 0, key(a) === key(b))
        if (compare(a, b) < 0 && compare(b, c) < 0) assert.equal(compare(a, c), -1)
      }),
      RUNS,
    ))

  it('is that of RFC 8955 §5.1', () => {
    const D = { destination: '192.0.2.0/24' }
    assert.equal(order(D, { source: '192.0.2.0/24' }), -1, 'a destination before none')
    assert.equal(order({ ...D, protocol: 'udp' }, D), -1, 'a component before none')
    assert.equal(
      order({ ...D, source: '198.51.100.1' }, { ...D, protocol: 'udp' }),
      -1,
      'the lower type first',
    )
    assert.equal(order({ destination: '192.0.2.9' }, D), -1, 'the longer prefix, where they overlap')
    assert.equal(order(D, { destination: '198.51.100.7' }), -1, 'the lower address, where they do not')
    assert.equal(order({ ...D, port: '53' }, { ...D, port: '80' }), -1, 'the lower bytes')
    assert.equal(order({ ...D, port: '53,80' }, { ...D, port: '53' }), -1, 'of which the operator is one')
    assert.equal(order({ ...D, protocol: '6' }, { ...D, protocol: '17' }), -1, 'the lower bytes')
    assert.equal(order({ destination: '2001:db8::/64' }, { destination: '2001:db8::/48' }, 6), -1)
  })
})

const VICTIM = { destination: '192.0.2.9' }
const ATTACKER = { source: '198.51.100.7' }
const LIMIT: Action = { do: 'rate-limit', bytesPerSecond: 1_000 }

function flow(input: Record<string, unknown>, action: Action): FilterRule {
  return filterRule('flow', readMatch(4, input), action)
}

describe('flow rules that overlap', () => {
  it('a limit of what goes to a victim is tried before a drop of an attacker, which gets a rule before both', () => {
    const overlaps = new Overlaps()
    overlaps.want(flow({ ...VICTIM, protocol: 'udp' }, LIMIT), 1)
    const { want } = overlaps.want(flow(ATTACKER, DROP), 2)
    assert.deepEqual(want, [{ rule: flow({ ...VICTIM, ...ATTACKER, protocol: 'udp' }, DROP), block: 2 }])
    assert.deepEqual(overlaps.intersectionsOf(2).map(key), [want[0]?.rule.key])
    const { unwant } = overlaps.unwant(flow({ ...VICTIM, protocol: 'udp' }, LIMIT).key, 1)
    assert.deepEqual(unwant, [{ key: want[0]?.rule.key, block: 2 }])
  })

  it('a stricter limit that is tried later is shadowed, and names by whom', () => {
    const overlaps = new Overlaps()
    const weak = flow({ ...VICTIM, protocol: 'udp' }, LIMIT)
    const strict = flow(ATTACKER, { do: 'rate-limit', bytesPerSecond: 10 })
    overlaps.want(weak, 7)
    assert.deepEqual(overlaps.shadowsOf(strict), [{ rule: strict.key, by: weak, blocks: [7] }])
    assert.deepEqual(overlaps.want(strict, 8).want, [])
    assert.deepEqual(overlaps.shadowsOf(weak), [])
  })

  it('says of each rule what really stands beside it, also where one would need too many', () => {
    const attackers = Array.from({ length: 80 }, (_, at) => flow({ source: `198.51.100.${at}` }, DROP))
    const victim = flow({ ...VICTIM, protocol: 'udp' }, LIMIT)
    for (const victimFirst of [true, false]) {
      const overlaps = new Overlaps()
      if (victimFirst) overlaps.want(victim, 1)
      for (const [at, rule] of attackers.entries()) overlaps.want(rule, 10 + at)
      if (!victimFirst) overlaps.want(victim, 1)
      for (const [at, rule] of attackers.entries()) {
        const stands = overlaps.intersectionsOf(10 + at).length > 0
        assert.equal(overlaps.shadowsOf(rule).length === 0, stands, `attacker ${at}`)
      }
    }
  })

  it('a weaker rule that would be tried first names what it would keep from holding', () => {
    const overlaps = new Overlaps()
    const strict = flow(ATTACKER, { do: 'rate-limit', bytesPerSecond: 10 })
    overlaps.want(strict, 8)
    const weak = flow({ ...VICTIM, protocol: 'udp' }, LIMIT)
    assert.deepEqual(overlaps.shadowedBy(weak), [{ rule: weak.key, over: strict, blocks: [8] }])
    assert.deepEqual(overlaps.shadowedBy(strict), [])
  })

  it('get the stricter action on what is in both, or say whose rule shadows them', () =>
    holds(
      fc.property(
        fc
          .oneof(crowds, fc.array(rules, { minLength: 1, maxLength: 6 }))
          .chain((some) =>
            fc.tuple(
              fc.constant(some),
              fc.array(fc.nat({ max: some.length - 1 }), { maxLength: 4 }),
              fc.array(packetsNear(some.map(({ key }) => key)), { minLength: 25, maxLength: 25 }),
            ),
          ),
        ([some, ended, packets]) => {
          const site = new Site()
          for (const [block, rule] of some.entries()) site.want(rule, block)
          for (const block of ended) site.unwant(some[block], block)
          const left = some
            .map((rule, block) => ({ rule, block }))
            .filter(({ block }) => !ended.includes(block))
          site.agrees(left)
          for (const packet of packets) {
            const asked = left.filter(({ rule }) => ruleMatches(rule.key, packet))
            const strictest = strictestAction(asked.map(({ rule }) => rule.action))
            const done = site.decide((one) => ruleMatches(one, packet))
            assert.equal(done === undefined, strictest === undefined)
            if (done === undefined || strictest === undefined || sameAction(done, strictest)) continue
            const better = asked.filter(({ rule }) => compareActions(rule.action, done) < 0)
            assert.ok(
              better.every(({ rule }) => site.overlaps.shadowsOf(rule).length > 0),
              'a stricter rule was passed over in silence',
            )
          }
          for (const { rule, block } of left) site.unwant(rule, block)
          assert.equal(site.rules.size, 0, 'nothing is left')
        },
      ),
      RUNS,
    ))
})

/** What stands on a router, counted by blocks, by the changes that are announced. */
class Site {
  readonly overlaps = new Overlaps()
  readonly rules = new Map<string, { readonly rule: FilterRule; readonly blocks: Map<number, Action> }>()
  readonly #own = new Map<number, Action>()

  want(rule: FilterRule, block: number): void {
    this.#own.set(block, rule.action)
    this.#add(rule, block)
    this.#apply(this.overlaps.want(rule, block))
  }

  unwant(rule: FilterRule | undefined, block: number): void {
    if (rule === undefined) return
    const change = this.overlaps.unwant(rule.key, block)
    this.#drop(rule.key, block)
    this.#apply(change)
  }

  #apply({ want, unwant }: ReturnType<Overlaps['want']>): void {
    for (const { rule, block } of want) this.#add(rule, block)
    for (const { key, block } of unwant) this.#drop(key, block)
  }

  #add(rule: FilterRule, block: number): void {
    const there = this.rules.get(rule.key) ?? { rule, blocks: new Map<number, Action>() }
    this.rules.set(rule.key, there)
    there.blocks.set(block, this.#own.get(block) ?? rule.action)
  }

  #drop(key: string, block: number): void {
    const there = this.rules.get(key)
    there?.blocks.delete(block)
    if (there?.blocks.size === 0) this.rules.delete(key)
  }

  /** Whoever wants a rule, for itself or for another's sake, is a block that has not ended. */
  agrees(left: readonly { readonly rule: FilterRule; readonly block: number }[]): void {
    for (const { blocks } of this.rules.values())
      for (const block of blocks.keys()) assert.ok(left.some((one) => one.block === block))
    for (const { rule, block } of left) assert.ok(this.rules.get(rule.key)?.blocks.has(block) === true)
  }

  /** The action of the first rule that matches. */
  decide(matches: (key: string) => boolean): Action | undefined {
    const sorted = [...this.rules.values()].sort((a, b) => compareFlowOrder(a.rule.match, b.rule.match))
    const first = sorted.find(({ rule }) => matches(rule.key))
    return first === undefined ? undefined : strictestAction(first.blocks.values())
  }
}
