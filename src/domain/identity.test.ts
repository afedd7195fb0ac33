import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../test/helpers/property.ts'
import { readBlockSpec } from './block-request.ts'
import { isMacForm, parseAccount, parseRealm, parseStation, realmOf } from './identity.ts'
import { InputError } from './input-error.ts'
import { DROP, identityRule, QUARANTINE, ruleFromKey, SUSPEND, withAction } from './rule.ts'
import { readTarget, targetText } from './target.ts'

describe('an account', () => {
  it('is compared in lower case and composed, whoever wrote it', () => {
    for (const text of ['Alice@Campus.EXAMPLE', ' alice@campus.example ', 'alice@campus.example'])
      assert.equal(parseAccount(text), 'alice@campus.example')
    assert.equal(parseAccount('ang\u0065\u0301line@campus.example'), 'ang\u00e9line@campus.example')
    assert.equal(realmOf('alice@cs.campus.example'), 'cs.campus.example')
  })

  it('is user@realm, and nothing that could be taken for something else', () => {
    for (const text of [
      ...['alice', '@campus.example', 'alice@', 'alice@campus', 'a b@campus.example', 'a@b@campus.example'],
      ...['alice@-campus.example', 'alice@campus..example', '.alice@campus.example', 'alice.@campus.example'],
      ...['a\u0000b@campus.example', 'a(b)@campus.example', 'a"b@campus.example', 'a\\b@campus.example'],
      ...[`${'a'.repeat(129)}@campus.example`, `a@${'b'.repeat(60)}.${'c'.repeat(200)}`, 'CAMPUS\\alice'],
    ])
      assert.throws(() => parseAccount(text), InputError, text)
    for (const realm of ['campus', '@campus.example', 'campus.example.', 'cam pus.example'])
      assert.throws(() => parseRealm(realm), InputError, realm)
  })

  const label = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?$/)
  const word = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+/=?^_{|}~-]{1,12}$/)
  const account = fc
    .tuple(fc.array(word, { minLength: 1, maxLength: 3 }), fc.array(label, { minLength: 2, maxLength: 4 }))
    .map(([user, realm]) => `${user.join('.')}@${realm.join('.')}`)

  it('comes back from the text of a target, and from the key of a rule', () =>
    holds(
      fc.property(account, (text) => {
        const name = parseAccount(text)
        assert.equal(parseAccount(name), name)
        const target = readTarget(text)
        assert.deepEqual(target, { kind: 'account', name })
        assert.deepEqual(readTarget(targetText(target)), target)
        assert.deepEqual(readTarget(`account:${text}`), target)
        for (const kind of ['account-locked', 'no-session'] as const) {
          const rule = identityRule(kind, name)
          assert.deepEqual([ruleFromKey(rule.key, DROP), rule.action], [rule, SUSPEND])
          assert.equal(withAction(rule, QUARANTINE).action, SUSPEND)
        }
      }),
      300,
    ))
})

describe('a station', () => {
  it('is read in every usual writing, and is no address', () => {
    for (const text of ['02:00:5E:10:00:01', '02-00-5e-10-00-01', '0200.5e10.0001', '02005e100001'])
      assert.deepEqual(readTarget(text), { kind: 'station', name: '02:00:5e:10:00:01' }, text)
    assert.deepEqual(readTarget('station:0200.5e10.0001').kind, 'station')
    for (const text of ['10.0.0.1', '2001:db8::1', '2001:db8:1:2:3:4:5:6'])
      assert.equal(readTarget(text).kind, 'host', text)
  })

  it('is one station', () => {
    for (const text of [
      '01:00:5e:00:00:01',
      'ff:ff:ff:ff:ff:ff',
      '00:00:00:00:00:00',
      '02:00:5e:10:00',
      '33:33::',
    ])
      assert.throws(() => parseStation(text), InputError, text)
    assert.ok(!isMacForm('02:00:5e:10:00:01:02'))
    assert.throws(() => identityRule('account-locked', '02:00:5e:10:00:01'), InputError)
  })

  it('has its sessions ended, or is in quarantine: the stricter of two stands under one key', () => {
    const rule = identityRule('no-session', '02:00:5e:10:00:01', QUARANTINE)
    assert.deepEqual(ruleFromKey(rule.key, QUARANTINE), rule)
    assert.deepEqual(withAction(rule, DROP), identityRule('no-session', rule.name, DROP))
  })
})

describe('a block of an account or a station', () => {
  const spec = (request: object) => readBlockSpec({ target: 'alice@campus.example', ...request }, () => true)
  const of = (target: string, request: object) => spec({ target, ...request })

  it('is whole, in every direction', () => {
    assert.deepEqual(spec({}), {
      ...{ target: { kind: 'account', name: 'alice@campus.example' }, direction: 'both', action: SUSPEND },
      ...{ collateral: [], scope: 'local' },
    })
    assert.deepEqual(of('02:00:5e:10:00:01', {}).action, QUARANTINE)
    assert.deepEqual(of('02:00:5e:10:00:01', { action: 'drop' }).action, DROP)
  })

  it('says of each field that has no meaning there which one it is', () => {
    for (const [field, request] of Object.entries({
      match: { match: { protocol: 'udp' } },
      direction: { direction: 'from' },
      collateral: { collateral: ['whole-host'] },
      scope: { scope: 'upstream:transit' },
      quarantine: { quarantine: true },
      action: { action: 'drop' },
    }))
      assert.throws(
        () => spec(request),
        (error) => error instanceof InputError && error.path === field,
        field,
      )
    assert.throws(() => of('10.0.0.1', { action: 'suspend' }), /suspend is for accounts/)
    assert.throws(() => of('10.0.0.1', { action: 'quarantine' }), /quarantine is for stations/)
    assert.throws(() => of('department:physics', { quarantine: true }), /only the station of a host/)
  })
})
