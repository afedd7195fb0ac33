import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { siteOf } from '../../test/helpers/inventory.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { BLOCKING_ROLES, ROLE_SCOPES, ROLES } from '../domain/role.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { computeHits } from './radius.ts'
import {
  beyondShare,
  beyondWidth,
  mostOff,
  type RoleRule,
  refuseActive,
  refuseLifetime,
  ruleFor,
} from './role-limits.ts'

const DAY = 24 * 3_600_000
const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  roles: {
    analyst: { ipv4Addresses: 64, ipv6Length: 56, active: 5, departmentShare: 0.2, duration: 30 * DAY },
    trigger: { ipv4Addresses: 2, ipv6Length: 128, active: 9, duration: DAY },
  },
}
const ANALYST = ruleFor(['analyst'], 'person', LIMITS)
const TRIGGER = ruleFor(['trigger'], 'automatic', LIMITS)

function width(rule: RoleRule, target: string) {
  const prefixes = [parsePrefix(target)]
  const { asks, refusals } = beyondWidth(rule, prefixes, computeHits(prefixes, siteOf({})))
  return { asks: asks.map(({ code }) => code), refusals: refusals.map(({ code }) => code) }
}

describe('roles that block', () => {
  it('are those that have the right, each with limits', () => {
    const withRight = ROLES.filter((role) =>
      (ROLE_SCOPES[role] as readonly string[]).includes('blocks:write'),
    )
    assert.deepEqual(withRight, [...BLOCKING_ROLES])
    assert.deepEqual(Object.keys(DEFAULT_LIMITS.roles), [...BLOCKING_ROLES])
  })

  it('get for each field the most generous, and no limit where one of them has none', () => {
    const both = ruleFor(['viewer', 'trigger', 'analyst', 'noc'], 'automatic', LIMITS)
    assert.deepEqual(both.roles, ['analyst', 'trigger'])
    assert.deepEqual(both.most, { ipv4Addresses: 64, ipv6Length: 56, active: 9, duration: 30 * DAY })
  })

  it('are an analyst for a person and a trigger for a machine where only the right itself is there', () => {
    assert.deepEqual(ruleFor([], 'person', LIMITS).roles, ['analyst'])
    assert.deepEqual(ruleFor(['noc'], 'automatic', LIMITS).roles, ['trigger'])
  })
})

describe('what is wider than a role', () => {
  const cases: readonly [rule: RoleRule, target: string, asks: string[], refusals: string[]][] = [
    [ANALYST, '192.0.2.0/26', [], []],
    [ANALYST, '192.0.2.0/25', ['role-width'], []],
    [ANALYST, '2001:db8::/56', [], []],
    [ANALYST, '2001:db8::/55', ['role-width'], []],
    [TRIGGER, '192.0.2.0/31', [], []],
    [TRIGGER, '192.0.2.0/30', [], ['role-width']],
    [TRIGGER, '2001:db8::7', [], []],
    [TRIGGER, '2001:db8::/64', [], ['role-width']],
  ]
  for (const [rule, target, asks, refusals] of cases)
    it(`${target} by ${rule.roles.join()}: ${[...asks, ...refusals].join() || 'taken'}`, () => {
      assert.deepEqual(width(rule, target), { asks, refusals })
    })

  it('says what was asked, what the most is, for which role, and what would be right', () => {
    const prefixes = [parsePrefix('192.0.2.0/30')]
    const { refusals } = beyondWidth(TRIGGER, prefixes, computeHits(prefixes, siteOf({})))
    assert.deepEqual(refusals, [
      {
        guard: 'limits',
        code: 'role-width',
        message:
          'it hits 4 IPv4 addresses; the role trigger blocks up to 2 alone; ask for less, or let a person ask for it',
      },
    ])
  })
})

describe('the share of a department', () => {
  it('is a part of its users, one host at least, and nothing where nobody said how many they are', () => {
    assert.deepEqual(
      [100, 9, 3, 1, 0].map((users) => mostOff(ANALYST, users)),
      [20, 1, 1, 1, undefined],
    )
    assert.equal(mostOff(TRIGGER, 100), undefined)
  })

  it('asks a person for others, and refuses a machine', () => {
    const over = [{ name: 'law', users: 100, off: 21 }]
    assert.deepEqual(beyondShare(ANALYST, [{ name: 'law', users: 100, off: 20 }]), { asks: [], refusals: [] })
    assert.deepEqual(beyondShare(ANALYST, over).asks, [
      {
        code: 'role-share',
        message:
          '21 hosts of department law would be off; the role analyst takes up to 20 of its 100 users off alone',
      },
    ])
    const machine = { ...TRIGGER, most: { departmentShare: 0.2 } }
    assert.deepEqual(
      beyondShare(machine, over).refusals.map(({ code }) => code),
      ['role-share'],
    )
  })
})

describe('what roles refuse whoever agrees', () => {
  it('a block that lasts too long, and one without an end', () => {
    const codes = (rule: RoleRule, lasts: number | null) =>
      refuseLifetime(rule, lasts).map(({ code }) => code)
    assert.deepEqual(codes(TRIGGER, DAY), [])
    assert.deepEqual(codes(TRIGGER, DAY + 1), ['role-duration'])
    assert.deepEqual(codes(ANALYST, null), ['role-duration'])
    assert.deepEqual(codes(ruleFor(['analyst'], 'person', DEFAULT_LIMITS), null), [], 'by default people may')
    assert.match(
      refuseLifetime(TRIGGER, 90_061_000)[0]?.message ?? '',
      /would last 1d1h1m1s; blocks of the role trigger last 1d at the most/,
    )
  })

  it('one block more than may be on', () => {
    assert.deepEqual(refuseActive(ANALYST, 4), [])
    assert.match(
      refuseActive(ANALYST, 5)[0]?.message ?? '',
      /5 blocks of yours are on.*role analyst.*up to 5/,
    )
  })
})
