import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { eventually } from '../../simulator/eventually.ts'
import { identityRule } from '../../src/domain/rule.ts'
import { holds } from '../../test/helpers/property.ts'
import { addUser, BASE, noSlapd, READER, type Slapd, startSlapd } from '../../test/helpers/slapd.ts'
import { type AdapterEnv, AdapterError, type DeviceChange, type Session } from '../adapter.ts'
import type { LdapConfig } from './config.ts'
import { ldapAdapter } from './index.ts'
import {
  ALICE,
  accountRule,
  BOB,
  configOf as configFor,
  envOf,
  isTakenBack,
  LOCKED,
  NEVER,
  put,
  refused,
  remove,
  withSession as withSessionOf,
} from './testing/scene.ts'

const skip = noSlapd()

describe('a directory', { skip }, () => {
  if (skip !== false) return
  let slapd: Slapd
  before(async () => {
    slapd = await startSlapd({ users: ['alice', 'bob', 'carol'] })
  })
  after(() => slapd.dispose())

  const configOf = (over: Partial<LdapConfig> = {}): LdapConfig => configFor(slapd, over)
  const withSession = (
    run: (session: Session, changes: DeviceChange[]) => Promise<void>,
    { over = {}, env = envOf() }: { over?: Partial<LdapConfig>; env?: AdapterEnv } = {},
  ): Promise<void> => withSessionOf(configOf(over), run, env)
  const lockOf = (user: string) => slapd.values(user, 'pwdAccountLockedTime')

  it('keeps an account from logging in, and lets it again', () =>
    withSession(async (session) => {
      assert.ok(await slapd.logsIn('alice'))
      assert.deepEqual(await put(session), { result: 'done', evidence: 'read-back' })
      assert.ok(!(await slapd.logsIn('alice')))
      assert.ok(await slapd.logsIn('bob'))
      assert.equal((await remove(session))?.result, 'done')
      assert.ok(await slapd.logsIn('alice'))
    }))

  it('gives back a lock for a while that was there before, as it was', () =>
    withSession(async (session) => {
      await slapd.change('bob', 'replace', 'pwdAccountLockedTime', ['20260101000000Z'])
      await put(session, BOB)
      assert.deepEqual(await lockOf('bob'), [LOCKED])
      await remove(session, BOB)
      assert.deepEqual(await lockOf('bob'), ['20260101000000Z'])
      await slapd.change('bob', 'delete', 'pwdAccountLockedTime')
    }))

  it('leaves an account locked that was locked before', () =>
    withSession(async (session) => {
      await slapd.change('bob', 'replace', 'pwdAccountLockedTime', [LOCKED])
      assert.equal((await put(session, BOB))?.result, 'done')
      assert.equal((await remove(session, BOB))?.result, 'done')
      assert.deepEqual(await lockOf('bob'), [LOCKED])
      await slapd.change('bob', 'delete', 'pwdAccountLockedTime')
    }))

  it('gives back an account that was renamed meanwhile, and never touches who has its name now', () =>
    withSession(async (session) => {
      await put(session)
      await slapd.rename('alice', 'alice.smith')
      await addUser(slapd, 'alice', 40)
      const { rules } = await session.observe('all', NEVER)
      assert.deepEqual(
        rules.map(({ key }) => key),
        [ALICE.key],
      )
      assert.ok(await slapd.logsIn('alice'), 'who has the name now is somebody else')
      assert.equal((await remove(session))?.result, 'done')
      assert.ok(await slapd.logsIn('alice.smith', 'password of alice'))
      await slapd.remove('alice')
      await slapd.rename('alice.smith', 'alice')
    }))

  it('has nothing to give back of an account that was deleted meanwhile, and says so', () =>
    withSession(async (session, changes) => {
      await addUser(slapd, 'leaver', 41)
      const rule = accountRule('leaver')
      await put(session, rule)
      await slapd.remove('leaver')
      await eventually('it is noticed', 5_000, () =>
        changes.some((change) => change.type === 'seen' && change.key === rule.key && !change.present),
      )
      assert.equal((await remove(session, rule))?.result, 'done')
      await refused(put(session, rule), /has no account leaver@campus\.example below ou=people/)
    }))

  it('takes an unlocking by a person for what it is, also one while nobody looked', async () => {
    const env = envOf()
    await withSession(
      async (session, changes) => {
        await put(session)
        await slapd.change('alice', 'delete', 'pwdAccountLockedTime')
        await eventually('it is noticed', 5_000, () => changes.some(isTakenBack))
        await remove(session)
        assert.deepEqual(await lockOf('alice'), [])
        await put(session)
      },
      { env },
    )
    await slapd.change('alice', 'delete', 'pwdAccountLockedTime')
    await withSession(
      async (session) => {
        const { rules, uncertain } = await session.observe('all', NEVER)
        assert.deepEqual(
          [rules, uncertain.map(({ key }) => key)],
          [[], [ALICE.key]],
          'the engine knows better',
        )
        await remove(session)
        assert.deepEqual(await lockOf('alice'), [])
      },
      { env },
    )
  })

  it('says of each thing that stands against it what it is', async () => {
    const elsewhere = identityRule('account-locked', 'alice@other.example')
    const nobody = accountRule('nobody')
    await withSession(async (session) => {
      await refused(put(session, nobody), /has no account nobody@campus\.example/)
      await refused(put(session, elsewhere), /it has no accounts of other\.example/)
    })
    await slapd.change('carol', 'add', 'uid', ['bob'])
    await withSession(async (session) =>
      refused(
        put(session, BOB),
        /several accounts bob@campus\.example, and none was touched; 2 fit: uid=\w+,ou=people.*; uid=/,
      ),
    )
    assert.deepEqual(await lockOf('bob'), [])
    await slapd.change('carol', 'delete', 'uid', ['bob'])
    await withSession(
      (session) => refused(put(session), /write uid=alice,.* insufficientAccessRights/, 'auth'),
      { over: { bindDn: READER } },
    )
    await assert.rejects(
      ldapAdapter.open(configOf(), envOf('not the password')),
      (error) =>
        error instanceof AdapterError &&
        error.class === 'auth' &&
        /invalidCredentials/.test(error.message) &&
        !error.message.includes('not the password'),
    )
    await assert.rejects(
      ldapAdapter.open(configOf({ servers: ['ldap://127.0.0.1:1'] }), envOf()),
      (error) => error instanceof AdapterError && error.class === 'unreachable',
    )
    const checks = await ldapAdapter.check?.(configOf({ base: `ou=nowhere,${BASE}` }), envOf(), NEVER)
    assert.deepEqual(
      checks?.map(({ what, ok }) => [what, ok]),
      [
        ['reach', true],
        ['host-key', true],
        ['login', true],
        ['rights', false],
      ],
    )
  })

  it('uses the next server where one does not answer', () =>
    withSession(async (session) => assert.equal((await session.observe('all', NEVER)).rules.length, 0), {
      over: { servers: ['ldap://127.0.0.1:1', slapd.url] },
    }))

  it('does not undo what somebody else changes of userAccountControl meanwhile', async () => {
    const over: Partial<LdapConfig> = { lock: { how: 'active-directory' }, filter: '(sAMAccountName={user})' }
    await withSession(
      async (session) => {
        await slapd.change('alice', 'replace', 'userAccountControl', ['66048'])
        await put(session)
        assert.deepEqual(await slapd.values('alice', 'userAccountControl'), ['66050'])
        await slapd.change('alice', 'replace', 'userAccountControl', ['514'])
        await remove(session)
        assert.deepEqual(await slapd.values('alice', 'userAccountControl'), ['512'])
      },
      { over },
    )
  })

  it('tells that it is down, and finds all as it was an hour later, with what was released meanwhile', async () => {
    const env = envOf()
    await withSession(
      async (session, changes) => {
        await put(session)
        await put(session, BOB)
        await slapd.stop()
        await eventually('it is noticed', 5_000, () => changes.some(({ type }) => type === 'down'))
        await assert.rejects(remove(session), (error) => error instanceof AdapterError)
      },
      { env },
    )
    await slapd.start()
    await withSession(
      async (session) => {
        const { rules } = await session.observe('all', NEVER)
        assert.equal(rules.length, 2)
        await remove(session)
        assert.deepEqual([await lockOf('alice'), await lockOf('bob')], [[], [LOCKED]])
        await remove(session, BOB)
      },
      { env },
    )
  })

  it('finds whoever is meant, whatever is in a name', () =>
    withSession(async (session) => {
      const word = fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_{|}~-]{1,10}$/)
      await holds(
        fc.asyncProperty(word, async (user) => {
          const rule = identityRule('account-locked', `${user}@campus.example`)
          const outcome = await put(session, rule)
          const isThere = ['alice', 'bob', 'carol'].includes(user)
          assert.equal(outcome?.result, isThere ? 'done' : 'failed', JSON.stringify(outcome))
          await remove(session, rule)
        }),
        40,
      )
      await addUser(slapd, 'a*', 42)
      const star = identityRule('account-locked', 'a*@campus.example')
      assert.equal((await put(session, star))?.result, 'done')
      assert.ok(await slapd.logsIn('alice'), 'a star is a star')
      await remove(session, star)
    }))
})
