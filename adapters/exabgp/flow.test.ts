import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { COMPONENT_NAMES, readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { ACTIONS, DROP, type FilterRule, filterRule } from '../../src/domain/rule.ts'
import { arbitraryRule } from '../../test/contract/arbitraries.ts'
import { flowLine, flowMatch, flowSlot, flowTag, keyOfTag, whyNoFlow } from './flow.ts'
import { FlowActions, flowThen, plainThen } from './flow-action.ts'
import { FlowSlots } from './flow-slots.ts'
import { flowRule, PLACES } from './testbed.ts'

const rules = arbitraryRule({
  kinds: ['flow'],
  families: [4, 6],
  components: COMPONENT_NAMES,
  actions: ACTIONS,
  places: Object.keys(PLACES),
}) as fc.Arbitrary<FilterRule>

const actions = new FlowActions({ places: PLACES })
const OURS = ['65010:911', '64497:1:2']

function rule(family: 4 | 6, input: Record<string, unknown>): FilterRule {
  return filterRule('flow', readMatch(family, input), DROP)
}

describe('exabgp: a flow route', () => {
  it('says the whole rule and nothing else, read by other means', () =>
    fc.assert(
      fc.property(rules, (one) => {
        const then = flowThen(actions.text(one.action), OURS)
        assert.deepEqual(flowRule(flowMatch(one.match), then), one)
        assert.deepEqual(actions.read(then), one.action)
        assert.equal(keyOfTag(flowTag(one)), one.key)
      }),
    ))

  it('is never a line that ends a session or is widened in silence', () =>
    fc.assert(
      fc.property(rules, fc.nat(), (one, order) => {
        const line = flowLine('announce', one.match, flowThen(actions.text(one.action), OURS, order))
        assert.match(line, /^[\x20-\x7e]+$/)
        const [, match = '', then = ''] =
          /^announce flow route \{ match \{ (.+;) \} then \{ (.+;) \} \}$/.exec(line) ?? []
        const names = match.split('; ').map((part) => part.split(' ')[0])
        assert.equal(new Set(names).size, names.length, 'no component twice')
        for (const part of match.split('; ')) assert.match(part, /^[a-z-]+ \S/)
        assert.match(then, /^(discard|rate-limit [1-9]\d*|redirect 65010:100|mark \d+); /)
        if (one.match.family === 6) assert.doesNotMatch(match, /(^|; )(protocol|dscp) /)
        else assert.doesNotMatch(match, /(^|; )(next-header|traffic-class|flow-label) /)
        assert.doesNotMatch(match, /not-a-fragment|[=!]( |;)/)
      }),
    ))

  it('has its own name, and the same without what serves the order', () =>
    fc.assert(
      fc.property(rules, rules, fc.nat(), (a, b, order) => {
        assert.equal(flowSlot(a.match) === flowSlot(b.match), a.key === b.key)
        assert.doesNotMatch(flowSlot(a.match) + flowTag(a), /[\s]/)
        const action = actions.text(a.action)
        for (const communities of [[], ['65010:911'], ['1:2:3'], OURS])
          assert.equal(plainThen(flowThen(action, communities, order)), flowThen(action, communities))
      }),
    ))

  it('that no message holds is refused before ExaBGP ends the session over it', () => {
    const ports = (count: number): string => Array.from({ length: count }, (_, i) => 1_000 + 2 * i).join(',')
    const fits = rule(4, { source: '192.0.2.1', protocol: 'udp', destinationPort: ports(1_100) })
    const over = rule(4, { source: '192.0.2.1', protocol: 'udp', destinationPort: ports(1_200) })
    assert.equal(whyNoFlow(fits.match, 2_000), undefined)
    assert.match(
      whyNoFlow(over.match, 2_000) ?? '',
      /^its match takes 3\d\d\d bytes and one message holds 3500/,
    )
  })

  it('with exceptions is refused, as it would hit those too', () => {
    const match = { ...rule(4, { source: '192.0.2.1' }).match, except: [parsePrefix('192.0.2.53')] }
    assert.equal(whyNoFlow(match, 5), 'flow specification knows no exceptions (RFC 8955 §4.2.2)')
  })

  it('of more operators than routers take is refused: FRR would end the session over it', () => {
    const ports = (text: string) =>
      whyNoFlow(rule(4, { source: '192.0.2.1', protocol: 'udp', port: text }).match, 5)
    assert.equal(ports('53,80-90,443-444'), undefined)
    assert.match(ports('53,80-90,443-444,500') ?? '', /^its port takes 6 operators and the neighbours take 5/)
    const flags = rule(4, { source: '192.0.2.1', tcpFlags: 'syn&!ack,rst&!ack,fin&!ack' })
    assert.match(whyNoFlow(flags.match, 5) ?? '', /^its tcp-flags takes 6 operators/)
  })

  it('flags: bits to be set and bits not to be, whatever their names here', () => {
    const text = (input: Record<string, unknown>, family: 4 | 6 = 4) =>
      flowMatch(rule(family, { source: family === 4 ? '192.0.2.1' : '2001:db8::1', ...input }).match)
    assert.equal(
      text({ tcpFlags: 'syn&!ack&!rst,psh' }),
      'source 192.0.2.1/32; protocol [ =6 ]; tcp-flags [ =push =syn&!rst+ack ];',
    )
    assert.equal(
      text({ fragment: '!is-fragment' }, 6),
      'source 2001:db8::1/128/0; fragment [ !is-fragment ];',
    )
  })
})

describe('exabgp: flow routes that are held', () => {
  const one = filterRule('flow', { family: 4, destination: parsePrefix('192.0.2.1'), components: {} }, DROP)

  it('that changed lately are announced so that an earlier withdrawal cannot overtake', () => {
    const slots = new FlowSlots(actions, ['65010:911'], 0, 0, false)
    const first = slots.plan([one], [], 0)[0]?.line ?? ''
    assert.doesNotMatch(first, /large/)
    const gone = slots.plan([], [one], 1)[0]?.line ?? ''
    const again = slots.plan([one], [], 2)[0]?.line ?? ''
    assert.match(gone, /^withdraw .* large-community \[ 64496:911:1 \]; \} \}$/)
    assert.match(again, /^announce .* large-community \[ 64496:911:2 \]; \} \}$/)
    slots.plan([], [one], 3)
    assert.doesNotMatch(slots.plan([one], [], 200_000)[0]?.line ?? '', /large/)
  })

  it('and stand already are told again in the same words', () => {
    const slots = new FlowSlots(actions, ['65010:911'], 0, 0, true)
    const [first] = slots.plan([one], [], 0)
    assert.equal(slots.plan([one], [], 1)[0]?.line, first?.line)
  })
})
