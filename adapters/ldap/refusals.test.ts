import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ADMIN, BASE, GROUP, noSlapd, READER, type Slapd, startSlapd } from '../../test/helpers/slapd.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import { AdapterError } from '../adapter.ts'
import { accessOf } from './access.ts'
import { type LdapConfig, serverOf } from './config.ts'
import { Directory } from './directory.ts'
import { ldapAdapter } from './index.ts'
import {
  accountRule,
  BOB,
  configOf as configFor,
  done,
  envOf,
  NEVER,
  put,
  refused,
  remove,
  withSession,
} from './testing/scene.ts'

const skip = noSlapd()

describe('a directory refuses', { skip }, () => {
  if (skip !== false) return
  let slapd: Slapd
  before(async () => {
    slapd = await startSlapd({
      users: ['alice', 'bob', 'carol'],
      access: `access to attrs=pwdAccountLockedTime by dn.exact="${READER}" none by * break`,
    })
    await slapd.add(`cn=lenient,${BASE}`, {
      objectClass: ['device', 'pwdPolicy'],
      ...{ cn: 'lenient', pwdAttribute: 'userPassword', pwdLockout: 'FALSE' },
    })
    await slapd.change('carol', 'replace', 'pwdPolicySubentry', [`cn=lenient,${BASE}`])
    await slapd.add(`ou=elsewhere,${BASE}`, {
      ...{ objectClass: ['referral', 'extensibleObject'], ou: 'elsewhere' },
      ref: 'ldap://127.0.0.1:1/ou=elsewhere,dc=campus,dc=example',
    })
  })
  after(() => slapd.dispose())

  const configOf = (over: Partial<LdapConfig> = {}): LdapConfig => configFor(slapd, over)
  const lockOf = (user: string): Promise<readonly string[]> => slapd.values(user, 'pwdAccountLockedTime')
  const isClass = (of: string, words: RegExp) => (error: unknown) =>
    error instanceof AdapterError && error.class === of && words.test(error.message)

  it('to heed a lock where the policy, or that of the account, does not lock out: so there is none', async () => {
    const carol = accountRule('carol')
    await withSession(configOf(), async (session) => {
      await refused(put(session, carol), /would have no effect: pwdLockout of .*cn=lenient.* is FALSE/)
      await done(put(session, BOB))
      await done(remove(session, BOB))
    })
    assert.deepEqual(await lockOf('carol'), [])
    const lock = { how: 'ppolicy', policy: `cn=lenient,${BASE}` } as const
    await withSession(configOf({ lock }), (session) => refused(put(session, BOB), /would have no effect/))
    const checks = await ldapAdapter.check?.(configOf({ lock }), envOf(), NEVER)
    assert.match(checks?.at(-1)?.words ?? '', /would have no effect/)
    const missing = { how: 'ppolicy', policy: `cn=missing,${BASE}` } as const
    await withSession(configOf({ lock: missing }), (session) =>
      refused(put(session, BOB), /cn=missing,dc=campus,dc=example, answered noSuchObject/),
    )
  })

  it('to show what locks: nothing is written, and the others are locked', async () => {
    const config = configOf({ bindDn: READER })
    await withSession(config, (session) => refused(put(session, BOB), /insufficientAccessRights/, 'auth'))
    assert.deepEqual(await lockOf('bob'), [])
  })

  it('attributes that its schema, or the entry, does not have', async () => {
    const lock = { how: 'attribute', name: 'noSuchThing', value: 'blocked' } as const
    await withSession(configOf({ lock }), (session) =>
      refused(put(session, BOB), /undefinedAttributeType.*is the overlay loaded/),
    )
    const unfit = { how: 'attribute', name: 'pwdMaxAge', value: '1' } as const
    await withSession(configOf({ lock: unfit, bindDn: ADMIN }), (session) =>
      refused(put(session, BOB), /objectClassViolation/),
    )
  })

  it('a group that it does not have, and to take the last one out of one', async () => {
    const lock = { how: 'group', dn: `cn=nobody,${BASE}` } as const
    await withSession(configOf({ lock }), (session) =>
      refused(put(session, BOB), /cn=nobody,dc=campus,dc=example, answered noSuchObject/),
    )
    await withSession(configOf({ lock: { how: 'group', dn: GROUP } }), async (session) => {
      await done(put(session, BOB))
      const [placeholder = ''] = await slapd.values(GROUP, 'member')
      await slapd.change(GROUP, 'delete', 'member', [placeholder])
      await refused(remove(session, BOB), /objectClassViolation/)
      await slapd.change(GROUP, 'add', 'member', [placeholder])
      await done(remove(session, BOB))
    })
  })

  it('what of a value cannot be given back', async () => {
    const lock = { how: 'attribute', name: 'employeeType', value: 'blocked' } as const
    await slapd.change('bob', 'replace', 'employeeType', ['staff', 'student'])
    await withSession(configOf({ lock }), (session) =>
      refused(put(session, BOB), /employeeType has 2 values.*only one that is short/),
    )
    assert.deepEqual(await slapd.values('bob', 'employeeType'), ['staff', 'student'])
    await slapd.change('bob', 'delete', 'employeeType')
  })

  it('what it leaves to others, and says to whom', async () => {
    await assert.rejects(
      ldapAdapter.open(configOf({ base: `ou=elsewhere,${BASE}` }), envOf()),
      isClass('rejected', /ou=elsewhere.*answered referral.*name that one in servers/),
    )
    await withSession(configOf({ base: BASE }), (session) =>
      refused(
        put(session, accountRule('nobody')),
        /no account nobody@.*the rest of it is at ldap:.*elsewhere/,
      ),
    )
    await assert.rejects(
      ldapAdapter.open(configOf({ base: 'dc=other,dc=example' }), envOf()),
      isClass('rejected', /no naming context with dc=other,dc=example; it says: dc=campus,dc=example/),
    )
  })

  it('a login, without asking the next server for it', async () => {
    const two = configOf({ servers: [slapd.url, 'ldap://127.0.0.1:1'] })
    await assert.rejects(ldapAdapter.open(two, envOf('wrong')), isClass('auth', /invalidCredentials/))
    await assert.rejects(
      ldapAdapter.open(configOf(), envOf('')),
      isClass('auth', /password of bindDn is empty/),
    )
    const none = configOf({ servers: ['ldap://127.0.0.1:1', 'ldap://127.0.0.1:2'] })
    await assert.rejects(
      ldapAdapter.open(none, envOf()),
      isClass('unreachable', /127\.0\.0\.1:1.*; .*127\.0\.0\.1:2/),
    )
  })

  it('to write to whoever has the name of an account by now', async () => {
    const config = configOf()
    const access = await accessOf(config, envOf())
    const directory = await Directory.open(serverOf(slapd.url), access, config, realClock())
    try {
      const found = await directory.find('carol@campus.example', [], NEVER)
      assert.ok('entry' in found)
      await slapd.rename('carol', 'caroline')
      await slapd.rename('bob', 'carol')
      const edit = { attribute: 'pwdAccountLockedTime', remove: [], add: ['000001010000Z'] }
      await assert.rejects(
        directory.write(found.entry, found.id, edit, NEVER),
        (error) => error instanceof AdapterError && error.code === 'assertionFailed',
      )
    } finally {
      directory.connection.close()
    }
    assert.deepEqual([await lockOf('carol'), await lockOf('caroline')], [[], []])
    await slapd.rename('carol', 'bob')
    await slapd.rename('caroline', 'carol')
  })

  it('nothing that can be checked: server by server, step by step', async () => {
    const checks = await ldapAdapter.check?.(
      configOf({ servers: [slapd.url, 'ldap://127.0.0.1:1'] }),
      envOf(),
      NEVER,
    )
    assert.deepEqual(
      checks?.map(({ what, ok }) => `${what} ${ok}`),
      ['reach true', 'host-key true', 'login true', 'rights true', 'reach false'],
    )
    const wrong = await ldapAdapter.check?.(configOf(), envOf('wrong'), NEVER)
    assert.deepEqual(
      wrong?.map(({ what, ok }) => `${what} ${ok}`),
      ['reach true', 'host-key true', 'login false'],
    )
    assert.ok(!JSON.stringify(wrong).includes('"wrong"'))
    const group = { how: 'group', dn: `cn=nobody,${BASE}` } as const
    const none = await ldapAdapter.check?.(configOf({ lock: group }), envOf(), NEVER)
    assert.match(none?.at(-1)?.words ?? '', /cn=nobody/)
  })
})
