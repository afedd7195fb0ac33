import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { ADMIN, BASE, noSlapd, PASSWORD, POLICY, type Slapd, startSlapd } from '../../test/helpers/slapd.ts'
import type { DeviceChange } from '../adapter.ts'
import {
  ALICE,
  BOB,
  configOf,
  done,
  held,
  isTakenBack,
  LOCKED,
  NEVER,
  put,
  refused,
  remove,
  withSession,
} from './testing/scene.ts'

const skip = noSlapd()

/** A copy of the other one, which follows it by itself (RFC 4533). */
async function replicaOf(provider: Slapd): Promise<Slapd> {
  const slapd = await startSlapd({
    empty: true,
    database: `syncrepl rid=1 provider=${provider.url} type=refreshAndPersist retry="1 +" keepalive=1:1:1
  searchbase="${BASE}" bindmethod=simple binddn="${ADMIN}" credentials=${PASSWORD} schemachecking=off
updateref ${provider.url}`,
  })
  await eventually('the replica to be filled', 10_000, async () => {
    const found = await slapd.values(POLICY, 'cn').catch(() => [])
    return found.length > 0
  })
  return slapd
}

describe('replicas of a directory', { skip }, () => {
  if (skip !== false) return
  let slapd: Slapd
  let replica: Slapd
  before(async () => {
    slapd = await startSlapd({ users: ['alice', 'bob'], database: 'overlay syncprov' })
    replica = await replicaOf(slapd)
  })
  after(async () => {
    await replica?.dispose()
    await slapd.dispose()
  })

  const lockOn = (one: Slapd, user: string): Promise<readonly string[]> =>
    one.values(user, 'pwdAccountLockedTime')
  const isUnseen = (ok: boolean) => (change: DeviceChange) =>
    change.type === 'status' && change.code === 'replica-unseen' && change.ok === ok
  const isSeen = (change: DeviceChange): boolean => change.type === 'seen' && change.present

  it('show a lock before it counts', () =>
    withSession(configOf(slapd, { replicas: [replica.url] }), async (session) => {
      await done(put(session))
      assert.deepEqual(await lockOn(replica, 'alice'), [LOCKED])
      assert.ok(!(await replica.logsIn('alice')))
      await done(remove(session))
      await eventually(
        'the replica has followed',
        5_000,
        async () => (await lockOn(replica, 'alice')).length === 0,
      )
    }))

  it('that are away leave a new lock open, and what was seen there before as it was', () =>
    withSession(configOf(slapd, { replicas: [replica.url] }), async (session, changes) => {
      await done(put(session, BOB))
      await replica.stop()
      try {
        const outcome = await put(session)
        assert.ok(outcome?.result === 'unknown', JSON.stringify(outcome))
        assert.ok(changes.some(isUnseen(false)))
        assert.deepEqual(await lockOn(slapd, 'alice'), [LOCKED], 'where changes are taken it is locked')
        const { rules, uncertain } = await session.observe('all', NEVER)
        assert.deepEqual(
          [rules, uncertain].map((list) => list.map(({ key }) => key)),
          [[BOB.key], [ALICE.key]],
        )
        // Who unlocks means it, wherever that is known yet.
        await slapd.change('bob', 'delete', 'pwdAccountLockedTime')
        await eventually('it is noticed', 5_000, () => changes.some(isTakenBack))
      } finally {
        await replica.start()
      }
      await eventually('the lock is seen', 20_000, () => changes.some((one) => isSeen(one) && isOfAlice(one)))
      assert.ok(changes.some(isUnseen(true)))
      assert.deepEqual(await held(session), [ALICE.key])
      await done(remove(session))
    }))

  const isOfAlice = (change: DeviceChange): boolean => change.type === 'seen' && change.key === ALICE.key

  it('take no writes, and say who does', () =>
    withSession(configOf(replica), (session) =>
      refused(
        put(session),
        /answered referral.*read-only copy; put the server that takes writes into servers/,
      ),
    ))

  it('are not needed for a session', () =>
    withSession(configOf(slapd, { replicas: ['ldap://127.0.0.1:1'] }), async (session) => {
      assert.deepEqual(await held(session), [])
    }))
})
