import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client } from 'ldapts'
import { eventually } from '../../simulator/eventually.ts'
import {
  ALUMNI,
  addUser,
  GROUP,
  noSlapd,
  PASSWORD,
  PEOPLE,
  READER,
  type Slapd,
  startSlapd,
} from '../../test/helpers/slapd.ts'
import { AdapterError } from '../adapter.ts'
import type { LdapConfig } from './config.ts'
import {
  ALICE,
  accountRule,
  BOB,
  configOf as configFor,
  done,
  envOf,
  held,
  isTakenBack,
  LOCKED,
  NEVER,
  put,
  remove,
  withSession,
} from './testing/scene.ts'

const skip = noSlapd()
const ATTRIBUTE = { how: 'attribute', name: 'employeeType', value: 'blocked' } as const

describe('an account that is locked', { skip }, () => {
  if (skip !== false) return
  let slapd: Slapd
  before(async () => {
    slapd = await startSlapd({
      users: ['alice', 'bob'],
      // A reader who is not shown locks, and one whom nothing is shown.
      access: `access to attrs=pwdAccountLockedTime by dn.exact="${READER}" none by * break
access to dn.subtree="${PEOPLE}" by dn.exact="cn=blind,dc=campus,dc=example" none by * break`,
      database: 'overlay refint\nrefint_attributes member\n',
    })
    await slapd.add('cn=blind,dc=campus,dc=example', {
      ...{ objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: 'blind', userPassword: PASSWORD },
    })
  })
  after(() => slapd.dispose())

  const configOf = (over: Partial<LdapConfig> = {}): LdapConfig => configFor(slapd, over)
  const lockOf = (user: string): Promise<readonly string[]> => slapd.values(user, 'pwdAccountLockedTime')
  const inGroup = async (user: string): Promise<boolean> =>
    (await slapd.values(GROUP, 'member')).includes(`uid=${user},${PEOPLE}`)

  it('stays ours where it is moved, also out of where accounts are looked for', () =>
    withSession(configOf(), async (session, changes) => {
      await addUser(slapd, 'graduate', 50)
      const rule = accountRule('graduate')
      await done(put(session, rule))
      await slapd.rename('graduate', ALUMNI)
      assert.deepEqual(await held(session), [rule.key])
      await done(remove(session, rule))
      assert.deepEqual(await lockOf(`uid=graduate,${ALUMNI}`), [])
      assert.deepEqual(changes, [])
    }))

  it('stays locked, however often somebody tries to log in', () =>
    withSession(configOf(), async (session) => {
      await done(put(session))
      for (let time = 0; time < 5; time += 1) assert.ok(!(await slapd.logsIn('alice', 'a guess')))
      assert.deepEqual([await lockOf('alice'), await held(session)], [[LOCKED], [ALICE.key]])
      await done(remove(session))
      assert.ok(await slapd.logsIn('alice'))
    }))

  it('goes on over a connection that was there before', () =>
    withSession(configOf(), async (session) => {
      const client = new Client({ url: slapd.url })
      await client.bind(`uid=alice,${PEOPLE}`, 'password of alice')
      await done(put(session))
      const { searchEntries } = await client.search(PEOPLE, { scope: 'base' })
      assert.equal(searchEntries.length, 1, 'what docs/ and the README say of open connections')
      await client.unbind()
      await done(remove(session))
    }))

  it('is unlocked by whoever gives it another password, and that is an override', () =>
    withSession(configOf(), async (session, changes) => {
      await done(put(session))
      await slapd.change('alice', 'replace', 'userPassword', ['password of alice'])
      await eventually('it is noticed', 5_000, () => changes.some(isTakenBack))
      await done(remove(session))
      assert.deepEqual(await lockOf('alice'), [])
    }))

  it('is given back as it was locked, whatever the configuration says by now', async () => {
    const env = envOf()
    await slapd.change('alice', 'replace', 'employeeType', ['staff'])
    await withSession(configOf(), async (session) => done(put(session)), env)
    await withSession(
      configOf({ lock: ATTRIBUTE }),
      async (session) => {
        assert.deepEqual(await held(session), [ALICE.key])
        await done(put(session, BOB))
      },
      env,
    )
    const other = { ...ATTRIBUTE, name: 'title', value: 'elsewhere' }
    await withSession(
      configOf({ lock: other }),
      async (session) => {
        assert.deepEqual(await held(session), [ALICE.key, BOB.key])
        await done(remove(session))
        await done(remove(session, BOB))
      },
      env,
    )
    assert.deepEqual(
      await Promise.all([
        lockOf('alice'),
        slapd.values('alice', 'employeeType'),
        slapd.values('bob', 'employeeType'),
      ]),
      [[], ['staff'], []],
    )
    assert.deepEqual(await slapd.values('bob', 'title'), [])
  })

  it('that may not be seen any more is not taken for one that was unlocked', async () => {
    const env = envOf()
    await withSession(configOf(), async (session) => done(put(session)), env)
    const memo = env.recall()
    await withSession(
      configOf({ bindDn: READER }),
      (session) =>
        assert.rejects(
          session.observe('all', NEVER),
          (error) => error instanceof AdapterError && error.class === 'auth' && /Access/.test(error.message),
        ),
      env,
    )
    const blind = { bindDn: 'cn=blind,dc=campus,dc=example', base: 'dc=campus,dc=example' }
    await withSession(
      configOf(blind),
      async (session) => {
        const { rules, uncertain } = await session.observe('all', NEVER)
        assert.deepEqual([rules, uncertain], [[], []], 'one that is gone is forgotten')
      },
      { ...env, remember: async () => undefined },
    )
    await assert.rejects(
      withSession(configOf({ bindDn: blind.bindDn }), async () => undefined, env),
      /not there, or not for us to see/,
    )
    assert.equal(env.recall(), memo)
    await withSession(configOf(), async (session) => done(remove(session)), env)
    assert.deepEqual(await lockOf('alice'), [])
  })

  it('by a group is so under its new name too, and leaves nothing there when it is deleted', () =>
    withSession(configOf({ lock: { how: 'group', dn: GROUP } }), async (session, changes) => {
      await addUser(slapd, 'maiden', 51)
      const rule = accountRule('maiden')
      await done(put(session, rule))
      await slapd.rename('maiden', 'married')
      assert.deepEqual(await held(session), [rule.key])
      assert.deepEqual([await inGroup('maiden'), await inGroup('married')], [false, true])
      assert.deepEqual(changes, [])
      await done(remove(session, rule))
      assert.ok(!(await inGroup('married')))
      const married = accountRule('married')
      await done(put(session, married))
      await slapd.remove('married')
      await eventually('it is noticed', 5_000, () => changes.some(isTakenBack))
      await eventually('the group has followed', 5_000, async () => !(await inGroup('married')))
    }))
})
