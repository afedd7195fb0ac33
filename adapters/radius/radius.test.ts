import assert from 'node:assert/strict'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { DROP, QUARANTINE } from '../../src/domain/rule.ts'
import { freeUdpPort } from '../../test/helpers/daemon.ts'
import {
  ALICE,
  BOB,
  heard,
  held,
  MAC,
  made,
  off,
  SOON,
  STATION,
  started,
  uncertain,
} from './testing/scene.ts'

describe('an account without session', () => {
  it('has its sessions ended wherever they are, and nobody else has', async (t) => {
    const scene = await started(t, { nas: [{}, {}] })
    const session = await scene.open()
    const [one, two] = scene.nas
    assert.ok(one !== undefined && two !== undefined)
    await one.connect({ user: 'Alice@CAMPUS.example', station: STATION })
    await two.connect({ user: 'alice', station: '02-00-5E-10-00-02' })
    await two.connect({ user: BOB, station: '02-00-5E-10-00-03' })
    await heard(scene)
    assert.deepEqual(await made(session, { put: [off(ALICE)] }), { result: 'done', evidence: 'read-back' })
    assert.deepEqual([one.sessions().length, two.sessions().map(({ user }) => user)], [0, [BOB]])
    assert.deepEqual(await held(session), [off(ALICE).key])
  })

  it('has each session that begins later ended, until it is let go', async (t) => {
    const scene = await started(t)
    const session = await scene.open()
    await made(session, { put: [off(ALICE)] })
    await scene.first.connect({ user: ALICE, station: STATION })
    await eventually('it is ended', SOON, () => scene.first.sessions().length === 0)
    await made(session, { remove: [off(ALICE)] })
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    assert.deepEqual([scene.first.sessions().length, await held(session)], [1, []])
  })

  it('is known as such, with who is on, to the session after a restart', async (t) => {
    const scene = await started(t)
    const first = await scene.open()
    await made(first, { put: [off(ALICE)] })
    await scene.first.connect({ user: BOB, station: STATION })
    await heard(scene)
    await first.close()
    // It comes while nobody listens: the NAS says so again and again (RFC 2866 §2).
    const coming = scene.first.connect({ user: ALICE, station: STATION })
    const second = await scene.open()
    await coming
    await eventually('alice is ended', SOON, () => scene.first.sessions().every(({ user }) => user === BOB))
    assert.deepEqual(await made(second, { put: [off(BOB)] }), { result: 'done', evidence: 'read-back' })
    assert.deepEqual(scene.first.sessions(), [], 'bob was known from before')
    assert.deepEqual(await held(second), [off(ALICE).key, off(BOB).key])
  })

  it('is not taken for one when sessions are at a NAS that nobody has named', async (t) => {
    const scene = await started(t)
    const config = { ...scene.config, nas: scene.config.nas.map((one) => ({ ...one, identifier: 'other' })) }
    const session = await scene.open(config)
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    const outcome = await made(session, { put: [off(ALICE)] })
    assert.ok(outcome?.result === 'failed' && outcome.class === 'rejected')
    assert.match(outcome.words, /nas0, which is not among nas/)
    assert.deepEqual(await uncertain(session), [off(ALICE).key])
  })

  it('is never anonymous: that is what many are called', async (t) => {
    const scene = await started(t)
    const session = await scene.open()
    await scene.first.connect({ user: 'anonymous@other.example', station: STATION })
    await heard(scene)
    const outcome = await made(session, { put: [off('anonymous@other.example')] })
    assert.ok(outcome?.result === 'failed' && outcome.class === 'rejected')
    assert.match(outcome.words, /what many are called/)
    assert.equal(scene.first.sessions().length, 1)
  })
})

describe('a station', () => {
  it('is put into quarantine, also when it comes back, and out of it by its own VLAN', async (t) => {
    const scene = await started(t, { config: { release: { vlan: '10' } } })
    const session = await scene.open()
    const id = await scene.first.connect({ user: BOB, station: STATION })
    await heard(scene)
    const vlans = (): unknown[] => scene.first.sessions().map(({ vlan }) => vlan)
    assert.equal((await made(session, { put: [off(MAC, QUARANTINE)] }))?.result, 'done')
    assert.deepEqual(vlans(), ['666'])
    await scene.first.disconnect(id)
    await scene.first.connect({ user: BOB, station: STATION })
    await eventually('it is in quarantine again', SOON, () => vlans()[0] === '666')
    await eventually('that is known', SOON, async () => (await held(session)).length === 1)
    assert.equal((await made(session, { remove: [off(MAC, QUARANTINE)] }))?.result, 'done')
    assert.deepEqual([vlans(), await held(session)], [['10'], []])
  })

  it('is ended where nothing says how to let it out of quarantine', async (t) => {
    const scene = await started(t)
    const session = await scene.open()
    await scene.first.connect({ user: BOB, station: STATION })
    await heard(scene)
    await made(session, { put: [off(MAC, QUARANTINE)] })
    assert.equal((await made(session, { remove: [off(MAC, QUARANTINE)] }))?.result, 'done')
    assert.deepEqual(scene.first.sessions(), [])
  })

  it('stays remembered in quarantine until its NAS has let it out, whatever comes between', async (t) => {
    const scene = await started(t, { config: { release: { vlan: '10' } } })
    const first = await scene.open()
    await scene.first.connect({ user: BOB, station: STATION })
    await heard(scene)
    await made(first, { put: [off(MAC, QUARANTINE)] })
    scene.first.faults.silent = true
    assert.equal((await made(first, { remove: [off(MAC, QUARANTINE)] }))?.result, 'unknown')
    assert.deepEqual(await uncertain(first), [off(MAC).key])
    await first.close()
    const second = await scene.open()
    scene.first.faults.silent = false
    assert.equal((await made(second, { remove: [off(MAC, QUARANTINE)] }))?.result, 'done')
    assert.deepEqual([scene.first.sessions().map(({ vlan }) => vlan), await held(second)], [['10'], []])
  })

  it('that is to be off has no session, whatever is asked of its user', async (t) => {
    const scene = await started(t)
    const session = await scene.open()
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    await made(session, { put: [off(MAC, QUARANTINE)] })
    assert.equal(scene.first.sessions().length, 1)
    await made(session, { put: [off(MAC, DROP)] })
    assert.equal(scene.first.sessions().length, 0)
  })
})

describe('a visitor', () => {
  it('is known by the chargeable identity, whatever the name outside, and by the station', async (t) => {
    const scene = await started(t)
    const session = await scene.open()
    const other = '02-00-5E-10-00-07'
    await scene.first.connect({ user: 'eve@other.example', station: STATION, cui: '9F8E7D' })
    await scene.first.connect({ user: 'anonymous@other.example', station: other, cui: '9F8E7D' })
    await scene.first.connect({ user: 'anonymous@other.example', station: '02-00-5E-10-00-08', cui: 'AAAA' })
    await heard(scene)
    await made(session, { put: [off('eve@other.example')] })
    assert.deepEqual(
      scene.first.sessions().map(({ cui }) => cui),
      ['AAAA'],
    )
    for (const arrival of [
      { user: 'anonymous@other.example', station: '02-00-5E-10-00-09', cui: '9F8E7D' },
      { user: 'guest@third.example', station: STATION },
    ])
      await scene.first.connect(arrival)
    await eventually('both are ended', SOON, () => scene.first.sessions().length === 1)
  })

  it('can be blocked by the chargeable identity alone', async (t) => {
    const scene = await started(t)
    const session = await scene.open()
    await scene.first.connect({ user: 'anonymous@other.example', station: STATION, cui: '9F8E7D' })
    await heard(scene)
    assert.equal((await made(session, { put: [off('9f8e7d@other.example')] }))?.result, 'done')
    assert.deepEqual(scene.first.sessions(), [])
  })
})

describe('accounting', () => {
  it('of who has another secret is not taken, and people are told', async (t) => {
    const scene = await started(t)
    const session = await scene.open({
      ...scene.config,
      accounting: {
        ...{ listen: '127.0.0.1', port: scene.config.accounting?.port ?? 0 },
        clients: [{ address: '127.0.0.1', secret: 'file:coa' }],
      },
    })
    await scene.first.connect({ user: ALICE, station: STATION })
    await eventually('it is told', SOON, () => scene.conditions.includes('accounting-refused'))
    assert.equal(scene.first.told().answered, 0)
    assert.equal((await made(session, { put: [off(ALICE)] }))?.result, 'done')
    assert.equal(scene.first.sessions().length, 1, 'nobody has said that it is there')
  })

  it('needs a port of its own', async (t) => {
    const scene = await started(t)
    await scene.open()
    await assert.rejects(scene.open(), { code: 'no-port', class: 'unreachable' })
  })

  it('that was kept is read as far as it can be, in a file that nobody else may read', async (t) => {
    const scene = await started(t)
    const first = await scene.open()
    await scene.first.connect({ user: ALICE, station: STATION })
    await heard(scene)
    await first.close()
    const path = join(scene.env.runtimeFolder, 'sessions.jsonl')
    assert.match(readFileSync(path, 'utf8'), /"user":"alice@campus\.example"/)
    appendFileSync(path, '{"put":{"key":"half')
    const second = await scene.open()
    await scene.first.connect({ user: BOB, station: STATION })
    await heard(scene)
    await second.close()
    const third = await scene.open()
    await made(third, { put: [off(ALICE), off(BOB)] })
    assert.deepEqual(scene.first.sessions(), [], 'what was known before and after the damage')
  })
})

describe('checks', () => {
  it('say which NAS answers, and which does not', async (t) => {
    const scene = await started(t, { nas: [{}, { faults: { silent: true } }] })
    const { radiusAdapter } = await import('./index.ts')
    const nas = [
      ...scene.config.nas,
      { name: 'gone', address: '127.0.0.1', port: await freeUdpPort(), secret: 'file:coa' },
    ]
    const signal = new AbortController().signal
    const checks = (await radiusAdapter.check?.({ ...scene.config, nas }, scene.env, signal)) ?? []
    const said = checks.map(({ what, ok, words }) => `${what} ${ok} ${words}`)
    assert.match(said[0] ?? '', /^reach true wlc0 answers$/)
    assert.match(said[1] ?? '', /^login true wlc0 knows us/)
    assert.match(said[2] ?? '', /^reach false wlc1 .* has not answered/)
    assert.match(said[3] ?? '', /^reach false gone .*nothing listens there/)
    assert.equal(said.length, 4)
  })
})
