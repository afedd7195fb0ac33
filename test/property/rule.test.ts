import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InputError } from '../../src/domain/input-error.ts'
import { readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import {
  ATTACHMENT_KINDS,
  actionText,
  compareActions,
  DROP,
  filterRule,
  isSwitch,
  isSwitchName,
  ruleFamily,
  ruleFromKey,
  sameAction,
  strictestAction,
  switchRule,
  withAction,
} from '../../src/domain/rule.ts'
import { arbitraryAction, arbitraryRule } from '../contract/arbitraries.ts'
import { ALL } from '../helpers/everything.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 300
const anyRule = arbitraryRule(ALL, ['local', 'region:north', 'upstream:transit-1'])
const anyAction = arbitraryAction(ALL)

describe('rule', () => {
  it('comes back from its key and action, whole', () =>
    holds(
      fc.property(anyRule, (rule) => {
        const again = ruleFromKey(rule.key, rule.action)
        assert.deepEqual(again, rule)
        assert.equal(ruleFamily(again), rule.key.includes(':') && /[0-9a-f]*::/.test(rule.key) ? 6 : 4)
      }),
      RUNS,
    ))

  it('key leaves out the action', () =>
    holds(
      fc.property(anyRule, anyAction, (rule, action) => {
        fc.pre('match' in rule)
        const other = withAction(rule, action)
        assert.equal(other.key, rule.key)
        assert.deepEqual(other.action, action)
        assert.deepEqual({ ...other, action: rule.action }, rule)
      }),
      RUNS,
    ))

  it('equal keys are equal rules, and keys have no line breaks or tabs', () =>
    holds(
      fc.property(anyRule, anyRule, (a, b) => {
        if (a.key === b.key) assert.deepEqual(withAction(a, DROP), withAction(b, DROP))
        assert.match(a.key, /^[\x20-\x7e]+$/)
      }),
      RUNS,
    ))

  for (const key of [
    '',
    'acl destination=198.18.0.1/32',
    'acl5 destination=198.18.0.1/32',
    'acl4',
    'acl4 ',
    'd-rtbh 198.18.0.1/32',
    'd-rtbh far 198.18.0.1/32',
    'd-rtbh local 198.18.0.1/33',
    'd-rtbh local 198.18.0.1/32 more',
    'flow4 protocol=6',
    'flow4 destination=2001:2::/64',
    'flow4 destination=198.18.0.1/32 colour=7',
    'drop everything',
  ]) {
    it(`the key '${key}' is refused`, () => assert.throws(() => ruleFromKey(key, DROP), InputError))
  }

  it('a flow rule never makes exceptions, and an access list none that leave nothing', () => {
    const excepting = 'source=198.18.0.1/32 except=192.0.2.53/32'
    assert.equal(ruleFromKey(`acl4 ${excepting}`, DROP).key, `acl4 ${excepting}`)
    assert.throws(
      () => ruleFromKey(`flow4 ${excepting}`, DROP),
      (error) => error instanceof InputError && error.code === 'rule-except',
    )
    const match = readMatch(4, { source: '198.18.0.1' })
    for (const except of [[], [parsePrefix('0.0.0.0/0')]])
      assert.throws(
        () => filterRule('acl', { ...match, except }, DROP),
        (error) => error instanceof InputError && error.code === 'match-except',
      )
  })

  it('a flow rule never keeps control traffic, and an access list only where it names one end', () => {
    assert.equal(
      ruleFromKey('acl6 source=2001:2::/64 except=2001:db8::53/128 keep=control', DROP).key,
      'acl6 source=2001:2::/64 except=2001:db8::53/128 keep=control',
    )
    for (const [key, code] of [
      ['flow4 source=198.18.0.1/32 keep=control', 'rule-keep'],
      ['acl4 destination=198.18.0.1/32 source=198.18.0.2/32 keep=control', 'match-keep'],
      ['acl4 source=198.18.0.1/32 keep=everything', 'match-keep'],
    ] as const)
      assert.throws(
        () => ruleFromKey(key, DROP),
        (error) => error instanceof InputError && error.code === code,
      )
  })

  it('a filter for every packet of a family is never built', () => {
    assert.throws(
      () => filterRule('acl', readMatch(4, { protocol: 'udp' }), DROP),
      (error) => error instanceof InputError && error.code === 'rule-empty',
    )
  })
})

describe('a switch', () => {
  const character = fc.constantFrom(...'abcXYZ019_.:/%@+#,()~-')
  const names = fc
    .oneof(
      fc.string({ unit: character, minLength: 1, maxLength: 64 }),
      fc.constantFrom('eth3', 'xe-0/0/0:1.100', 'GigabitEthernet0/0/0.7', '192.0.2.1', 'fe80::1%eth0', '::1'),
    )
    .filter((name) => !name.startsWith('-'))
  const kinds = fc.constantFrom(...ATTACHMENT_KINDS)

  it('comes back from its key, whole, and has no family', () =>
    holds(
      fc.property(kinds, names, (kind, name) => {
        const rule = switchRule(kind, name)
        assert.deepEqual(ruleFromKey(rule.key, DROP), rule)
        assert.deepEqual([rule.key, ruleFamily(rule)], [`${kind} ${name}`, undefined])
        assert.ok(isSwitch(rule) && withAction(rule, { do: 'mark', dscp: 8 }) === rule)
      }),
      RUNS,
    ))

  it('has a name that routers can have, and no other', () =>
    holds(
      fc.property(kinds, fc.string({ unit: 'binary', maxLength: 70 }), (kind, name) => {
        const plain = /^[\x21-\x7e]{1,64}$/.test(name) && !/^-|["'`$;|<>{}!?\\&*^[\]=]/.test(name)
        assert.equal(isSwitchName(name), plain)
        if (plain) assert.equal(switchRule(kind, name).name, name)
        else assert.throws(() => switchRule(kind, name), InputError)
      }),
      RUNS,
    ))

  for (const key of [
    'interface-down',
    'interface-down ',
    'interface-down a b',
    'neighbour-down -f',
    'interface-up a',
  ])
    it(`the key '${key}' is refused`, () => assert.throws(() => ruleFromKey(key, DROP), InputError))
})

describe('action', () => {
  it('order is total: drop before any rate, a lower rate before a higher one', () =>
    holds(
      fc.property(anyAction, anyAction, (a, b) => {
        assert.equal(sameAction(a, b), actionText(a) === actionText(b))
        assert.equal(Math.sign(compareActions(a, b)) + Math.sign(compareActions(b, a)), 0)
        if (a.do === 'drop' && b.do === 'rate-limit') assert.ok(compareActions(a, b) < 0)
        if (a.do === 'rate-limit' && b.do === 'rate-limit') {
          assert.equal(Math.sign(compareActions(a, b)), Math.sign(a.bytesPerSecond - b.bytesPerSecond))
        }
      }),
      RUNS,
    ))

  it('the strictest is one of them, and none is stricter', () =>
    holds(
      fc.property(fc.array(anyAction, { maxLength: 6 }), (actions) => {
        const strictest = strictestAction(actions)
        assert.equal(strictest === undefined, actions.length === 0)
        if (strictest === undefined) return
        assert.ok(actions.includes(strictest))
        for (const action of actions) assert.ok(compareActions(strictest, action) <= 0)
      }),
      RUNS,
    ))
})
