import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { DROP, QUARANTINE } from '../../src/domain/rule.ts'
import type { Session } from '../adapter.ts'
import {
  ALICE,
  BOB,
  heard,
  held,
  MAC,
  made,
  off,
  type Scene,
  SOON,
  STATION,
  started,
  uncertain,
} from './testing/scene.ts'

describe('a NAS', () => {
  it('that does not hear the first copies is asked again by the same octets, and does it once', async (t) => {
    const scene = await started(t, { nas: [{ faults: { deaf: 2 } }] })
    const session = await scene.open()
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    assert.equal((await made(session, { put: [off(ALICE)] }))?.result, 'done')
    const { seen } = scene.first
    assert.deepEqual(
      seen.map(({ copy }) => copy),
      [1, 2, 3],
    )
  })

  it('that is silent leaves it open and says so, and is asked again until it answers', async (t) => {
    const scene = await started(t, { nas: [{ faults: { silent: true } }, {}] })
    const session = await scene.open()
    const [silent, other] = scene.nas
    for (const nas of scene.nas) await nas.connect({ user: ALICE, station: STATION })
    await heard(scene)
    const outcome = await made(session, { put: [off(ALICE)] })
    assert.ok(outcome?.result === 'unknown')
    assert.match(outcome.words, /^1 of theirs to go: wlc0 \(127\.0\.0\.1:\d+\) has not answered \d tries/)
    assert.deepEqual([other?.sessions(), await held(session)], [[], []])
    assert.deepEqual(scene.conditions, ['nas-silent'])
    if (silent !== undefined) silent.faults.silent = false
    await eventually('it is in force', SOON, async () => (await held(session)).length === 1)
    assert.deepEqual([silent?.sessions(), scene.conditions], [[], []])
    assert.ok(
      scene.changes.some(({ type }) => type === 'resync'),
      'the engine is told to look',
    )
  })

  for (const [cause, errorClass, words] of [
    [401, 'unsupported', /401 Unsupported Attribute; see identify/],
    [402, 'rejected', /402 Missing Attribute/],
    [403, 'rejected', /403 NAS Identification Mismatch; is its identifier right/],
    [404, 'rejected', /404 Invalid Request/],
    [406, 'unsupported', /406 Unsupported Extension; does it do RFC 5176/],
    [501, 'auth', /501 Administratively Prohibited/],
    [502, 'unreachable', /502 Request Not Routable/],
    [504, 'rejected', /504 Session Context Not Removable/],
    [506, 'busy', /506 Resources Unavailable/],
    [508, 'unsupported', /508 Multiple Session Selection Unsupported/],
    [699, 'rejected', /699 an unknown cause/],
  ] as const)
    it(`that refuses with ${cause} is ${errorClass}`, async (t) => {
      const scene = await started(t, { nas: [{ faults: { refuse: cause } }] })
      const session = await scene.open()
      await scene.first.connect({ user: ALICE, station: STATION })
      await heard(scene)
      const outcome = await made(session, { put: [off(ALICE)] })
      assert.ok(outcome?.result === 'failed', JSON.stringify(outcome))
      assert.equal(outcome.class, errorClass)
      assert.match(outcome.words, words)
      assert.deepEqual(await uncertain(session), [off(ALICE).key])
    })

  it('that says 503 has no such session, which is what was wanted', async (t) => {
    const scene = await started(t, { nas: [{ faults: { refuse: 503 } }] })
    const session = await scene.open()
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    assert.equal((await made(session, { put: [off(ALICE)] }))?.result, 'done')
  })

  it('that says done and goes on is found out by its own accounting', async (t) => {
    const scene = await started(t, { nas: [{ faults: { lie: true } }] })
    const session = await scene.open()
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    await made(session, { put: [off(ALICE)] })
    await eventually('it is found out', SOON, async () => {
      scene.first.interim()
      return scene.conditions.includes('nas-disobeys') && (await uncertain(session)).length === 1
    })
    scene.first.faults.lie = false
    await eventually('it is in force', SOON, async () => (await held(session)).length === 1)
    assert.deepEqual([scene.first.sessions(), scene.conditions], [[], []])
  })

  it('that is silent, and then refuses, is told as what it does now', async (t) => {
    const scene = await started(t, { nas: [{ faults: { silent: true } }] })
    const session = await scene.open()
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    await made(session, { put: [off(ALICE)] })
    assert.deepEqual(scene.conditions, ['nas-silent'])
    Object.assign(scene.first.faults, { silent: false, refuse: 501 })
    await eventually('it is told', SOON, () => scene.conditions.join() === 'nas-refuses')
  })

  it('whose answers are signed by nobody is not believed', async (t) => {
    const scene = await started(t, { nas: [{ faults: { forge: true, refuse: 501 } }] })
    const session = await scene.open()
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    const outcome = await made(session, { put: [off(ALICE)] })
    assert.ok(outcome?.result === 'failed' && outcome.class === 'auth', JSON.stringify(outcome))
  })

  it('that restarts has none of its sessions any more', async (t) => {
    const scene = await started(t, { nas: [{ faults: { refuse: 504 } }] })
    const session = await scene.open()
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    await made(session, { put: [off(ALICE)] })
    await scene.first.restart()
    await eventually('it is in force', SOON, async () => (await held(session)).length === 1)
  })

  it('that lets somebody in again and again is asked ever more slowly, and people are told', async (t) => {
    const scene = await started(t, { nas: [{ faults: { reconnects: true } }] })
    const session = await scene.open()
    await made(session, { put: [off(ALICE)] })
    await scene.first.connect({ user: ALICE, station: STATION })
    await eventually('it is told', SOON, () => scene.conditions.includes('reconnects'))
    assert.ok(scene.first.seen.length <= 13, `${scene.first.seen.length} times`)
    scene.first.faults.reconnects = false
    await eventually('it is in force', SOON, async () => (await held(session)).length === 1)
    scene.forward(60_000)
    await eventually('that is over, a minute later', SOON, () => scene.conditions.length === 0)
  })

  it('that is asked ever more slowly for a station is asked at once for its user', async (t) => {
    const { scene, session } = await slowedDown(t)
    const outcome = made(session, { put: [off(ALICE)] })
    await eventually('it is off', SOON, () => scene.first.sessions().length === 0)
    assert.equal((await outcome)?.result, 'done')
  })

  it('that is asked ever more slowly is asked no more once they are let go', async (t) => {
    const { scene, session } = await slowedDown(t)
    const asked = scene.first.seen.length
    assert.equal((await made(session, { remove: [off(MAC, DROP)] }))?.result, 'done')
    assert.deepEqual([scene.first.sessions().length, scene.first.seen.length], [1, asked])
  })
})

describe('a NAS that tells us of no sessions', () => {
  it('is asked by name, and again, and nothing is known better than that it said so', async (t) => {
    const scene = await started(t)
    const { accounting: _, ...config } = scene.config
    const session = await scene.open({ ...config, nas: config.nas.map((one) => ({ ...one, byName: true })) })
    await scene.first.connect({ user: ALICE, station: STATION })
    assert.deepEqual(await made(session, { put: [off(ALICE)] }), { result: 'done', evidence: 'acknowledged' })
    assert.deepEqual(scene.first.sessions(), [])
    await scene.first.connect({ user: ALICE, station: STATION })
    await eventually('it is ended', SOON, () => scene.first.sessions().length === 0)
    scene.first.faults.silent = true
    await eventually('that is noticed', SOON, async () => (await uncertain(session)).length === 1)
  })

  it('puts a station into quarantine and lets it out by its address', async (t) => {
    const scene = await started(t)
    const { accounting: _, ...config } = scene.config
    const nas = config.nas.map((one) => ({ ...one, byName: true, release: { vlan: '10' } }))
    const session = await scene.open({ ...config, nas })
    await scene.first.connect({ user: BOB, station: STATION })
    await made(session, { put: [off(MAC, QUARANTINE)] })
    assert.equal(scene.first.sessions()[0]?.vlan, '666')
    assert.equal((await made(session, { remove: [off(MAC, QUARANTINE)] }))?.result, 'done')
    assert.equal(scene.first.sessions()[0]?.vlan, '10')
  })
})

/** A session of Alice that came back so often that its end waits, for ever, until something changes. */
async function slowedDown(t: TestContext): Promise<{ scene: Scene; session: Session }> {
  const scene = await started(t, { nas: [{ faults: { reconnects: true } }], config: { answerWithin: 900 } })
  const { clock } = scene.env
  const after: typeof clock.after = (ms, run) => clock.after(ms < 1_000 ? ms : 3_600_000, run)
  Object.assign(scene.env, { clock: { ...clock, after } })
  const session = await scene.open()
  await made(session, { put: [off(MAC, DROP)] })
  await scene.first.connect({ user: ALICE, station: STATION })
  await eventually('it is slowed down', SOON, () => scene.conditions.includes('reconnects'))
  await heard(scene)
  scene.first.faults.reconnects = false
  return { scene, session }
}
