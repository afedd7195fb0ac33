import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FASTNETMON } from '../../src/triggers/fastnetmon.ts'
import { DETAILS_REPORT } from '../../src/triggers/testing/fastnetmon-reports.ts'
import { until } from '../../test/helpers/bird.ts'
import { NotifyScene, type Posted } from './testing/notify-scene.ts'

const said = (records: readonly Posted[]) =>
  records.map(({ ip, direction, action }) => `${ip} ${direction} ${action}`)

/** Records that differ, in the order in which they first came: what idempotency makes of doubles. */
function once(records: readonly Posted[]): Posted[] {
  const seen = new Map(
    records.map((record) => [`${record.ip} ${record.direction} ${record.revision}`, record]),
  )
  return [...seen.values()]
}

describe('the notify script of FastNetMon', () => {
  it('posts what it is called with, the report whole, with the token of its file', async (t) => {
    const scene = await NotifyScene.begin(t)
    await scene.api.up()
    const report = `${DETAILS_REPORT}\tand "quotes" \\ and \u0000\u001b\u00e9 what is no text\n`
    assert.equal(await scene.call('192.0.2.7', 'ban', report), 0)
    await until(() => scene.api.posted.length === 1)
    const [record] = scene.api.posted
    assert.deepEqual(scene.api.heads, ['POST /v1/triggers/fastnetmon Bearer good-token'])
    assert.equal(record?.report, `${DETAILS_REPORT}\tand "quotes" \\ and  what is no text\n`)
    assert.deepEqual([record?.pps, record?.revision], [1252, Date.parse(record?.at ?? '')])
    assert.match(record?.run ?? '', new RegExp(`^${process.pid}-[0-9]+$`))
    const { triggers } = FASTNETMON.read(record, { now: 0, isOwn: () => true })
    assert.equal(triggers[0]?.id, 'fastnetmon/192.0.2.7/incoming')
    await until(() => scene.queued().length === 0)
  })

  it('returns while the API is away, and then tells what is true at last, in order', async (t) => {
    const scene = await NotifyScene.begin(t)
    const calls = [
      ['192.0.2.1', 'ban'],
      ['192.0.2.1', 'attack_details'],
      ['192.0.2.2', 'ban'],
      ['192.0.2.3', 'ban'],
      ['192.0.2.3', 'attack_details'],
      ['192.0.2.2', 'unban'],
      ['192.0.2.4', 'ban'],
      ['192.0.2.4', 'unban'],
      ['192.0.2.4', 'ban'],
      ['192.0.2.3', 'attack_details'],
    ] as const
    for (const [ip, action] of calls) assert.equal(await scene.call(ip, action), 0)
    assert.equal(await scene.call('192.0.2.4', 'unban', '', 'outgoing'), 0)
    await scene.api.up()
    await until(() => scene.queued().length === 0)
    assert.deepEqual(said(scene.api.posted), [
      '192.0.2.1 incoming ban',
      '192.0.2.1 incoming attack_details',
      '192.0.2.3 incoming ban',
      '192.0.2.2 incoming unban',
      '192.0.2.4 incoming ban',
      '192.0.2.3 incoming attack_details',
      '192.0.2.4 outgoing unban',
    ])
    await until(() => scene.said().includes('is back'))
    assert.match(scene.said(), /records wait for .*: no answer/)
  })

  it('takes 30 calls at once, and keeps what it was told to itself', async (t) => {
    const scene = await NotifyScene.begin(t)
    const ips = Array.from({ length: 30 }, (_, n) => `192.0.2.${n + 1}`)
    const statuses = await Promise.all(ips.map((ip) => scene.call(ip, 'ban', DETAILS_REPORT)))
    assert.deepEqual(new Set(statuses), new Set([0]))
    assert.equal(statSync(scene.spool).mode & 0o777, 0o700)
    assert.deepEqual(
      readdirSync(join(scene.spool, 'tmp')).filter((name) => name.includes('-')),
      [],
    )
    await scene.api.up()
    await until(() => scene.queued().length === 0)
    assert.deepEqual(scene.api.posted.map(({ ip }) => ip).sort(), ips.toSorted())
    assert.ok(scene.api.posted.every(({ report }) => report === DETAILS_REPORT))
  })

  it('reads all that it is given, and keeps 64 KiB of it', async (t) => {
    const scene = await NotifyScene.begin(t)
    await scene.api.up()
    const long = 'twenty bytes a line\n'.repeat(52_429)
    assert.equal(await scene.call('192.0.2.7', 'ban', long), 0)
    assert.equal(await scene.call('192.0.2.8', 'unban', long), 0)
    await until(() => scene.api.posted.length === 2)
    const [ban, unban] = scene.api.posted
    assert.equal(ban?.report.trimEnd(), long.slice(0, 65_536).trimEnd())
    assert.equal(unban?.report, '')
  })

  it('does not wait for an end of a ban to say anything', async (t) => {
    const scene = await NotifyScene.begin(t)
    await scene.api.up()
    await scene.run(['192.0.2.7', 'incoming', '1', 'unban'])
    await until(() => scene.api.posted.length === 1)
  })

  it('a full spool takes ends of bans and no more bans, and says so', async (t) => {
    const scene = await NotifyScene.begin(t, ['SPOOL_MAX=3'])
    for (const n of [1, 2, 3, 4]) assert.equal(await scene.call(`192.0.2.${n}`, 'ban'), 0)
    assert.match(scene.said(), /is full with 3 records; lost: 192\.0\.2\.4 incoming 1252 ban/)
    await scene.call('192.0.2.1', 'unban')
    // Room is made by what is needless now.
    await scene.call('192.0.2.5', 'ban')
    await scene.api.up()
    await until(() => scene.queued().length === 0)
    assert.deepEqual(said(scene.api.posted), [
      '192.0.2.2 incoming ban',
      '192.0.2.3 incoming ban',
      '192.0.2.1 incoming unban',
    ])
  })

  it('a deliverer that is killed loses nothing, and doubles only what has the same revision', async (t) => {
    const scene = await NotifyScene.begin(t)
    scene.api.answer = ({ ip }) => (ip === '192.0.2.2' ? 'hold' : { status: 200 })
    for (const n of [1, 2, 3]) await scene.call(`192.0.2.${n}`, 'ban')
    await scene.api.up()
    await until(() => said(scene.api.posted).includes('192.0.2.2 incoming ban'))
    scene.killDeliverer()
    scene.api.answer = () => ({ status: 200 })
    await scene.call('192.0.2.2', 'unban')
    await until(() => scene.queued().length === 0)
    const { posted } = scene.api
    assert.deepEqual(said(once(posted)).toSorted(), [
      '192.0.2.1 incoming ban',
      '192.0.2.2 incoming ban',
      '192.0.2.2 incoming unban',
      '192.0.2.3 incoming ban',
    ])
    const ofTwo = once(posted).filter(({ ip }) => ip === '192.0.2.2')
    assert.deepEqual(
      ofTwo.map(({ action }) => action),
      ['ban', 'unban'],
    )
    assert.ok((ofTwo[0]?.revision ?? 0) < (ofTwo[1]?.revision ?? 0))
  })

  it('a token that is not taken leaves everything waiting until it is', async (t) => {
    const scene = await NotifyScene.begin(t)
    scene.api.answer = () => ({ status: scene.api.heads.at(-1)?.endsWith(' new-token') ? 200 : 401 })
    await scene.api.up()
    await scene.call('192.0.2.7', 'ban')
    await until(() => scene.said().includes('401'))
    assert.deepEqual([scene.queued().length, scene.refused()], [1, []])
    writeFileSync(scene.tokenFile, 'new-token\n')
    await until(() => scene.queued().length === 0)
    assert.equal(scene.api.heads.at(-1), 'POST /v1/triggers/fastnetmon Bearer new-token')
  })

  it('what is refused for good is kept with the answer, and does not hold up the rest', async (t) => {
    const scene = await NotifyScene.begin(t)
    scene.api.answer = ({ ip }) => ({ status: ip === '192.0.2.1' ? 400 : 200 })
    for (const n of [1, 2]) await scene.call(`192.0.2.${n}`, 'ban')
    await scene.api.up()
    await until(() => scene.queued().length === 0)
    const [record = '', answer = ''] = scene.refused()
    assert.match(record, /-192\.0\.2\.1_incoming-ban$/)
    assert.equal(answer, `${record}.answer`)
    assert.match(
      readFileSync(join(scene.spool, 'refused', answer), 'utf8'),
      /^400\n[\s\S]*\{"words":"so it is"\}/,
    )
    assert.match(scene.said(), /refused with 400/)
  })

  it('waits as long as the API asks for, and tries again after an error of the API', async (t) => {
    const scene = await NotifyScene.begin(t)
    const answers = [{ status: 429, headers: { 'Retry-After': '2' } }, { status: 503 }]
    const times: number[] = []
    scene.api.answer = () => {
      times.push(performance.now())
      return answers.shift() ?? { status: 200 }
    }
    await scene.api.up()
    await scene.call('192.0.2.7', 'ban')
    await until(() => scene.queued().length === 0)
    assert.equal(times.length, 3)
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 1_900, 'not before it may')
    assert.equal(new Set(scene.api.posted.map(({ revision }) => revision)).size, 1)
  })

  it('a clock that steps back makes no news old', async (t) => {
    const scene = await NotifyScene.begin(t)
    await scene.call('192.0.2.7', 'ban')
    const ahead = Date.now() + 3_600_000
    writeFileSync(join(scene.spool, 'last', '192.0.2.7_incoming'), `${ahead}\n`)
    await scene.call('192.0.2.7', 'unban')
    await scene.api.up()
    await until(() => scene.api.posted.length > 0 && scene.queued().length === 0)
    const last = scene.api.posted.at(-1)
    assert.deepEqual([last?.action, last?.revision], ['unban', ahead + 1])
  })

  it('posts a record whole that a newer call makes needless at that moment', async (t) => {
    const scene = await NotifyScene.begin(t)
    scene.program('curl', `rm -f '${scene.spool}'/queue/*\nexec /usr/bin/curl "$@"`)
    await scene.api.up()
    await scene.call('192.0.2.7', 'ban', DETAILS_REPORT)
    await until(() => scene.api.heads.length > 0)
    assert.deepEqual(
      scene.api.posted.map(({ report }) => report),
      [DETAILS_REPORT],
    )
  })

  it('ends the bans of a FastNetMon that is gone when the next one calls, but not what that bans anew', async (t) => {
    const scene = await NotifyScene.begin(t)
    await scene.api.up()
    const first = scene.detector()
    for (const n of [1, 2, 3]) await first.call(`192.0.2.${n}`, 'ban')
    await first.call('192.0.2.3', 'unban')
    const other = scene.detector()
    await other.call('192.0.2.4', 'ban')
    await until(() => scene.api.posted.length >= 4 && scene.queued().length === 0)
    const before = scene.api.posted.length
    await first.end()
    const second = scene.detector()
    await second.call('192.0.2.1', 'ban')
    await until(() => scene.api.posted.length > before && scene.queued().length === 0)
    await second.call('192.0.2.5', 'ban')
    await until(() => said(scene.api.posted).includes('192.0.2.5 incoming ban'))
    const told = scene.api.posted.slice(before)
    assert.deepEqual(said(told).toSorted(), [
      '192.0.2.1 incoming ban',
      '192.0.2.2 incoming unban',
      '192.0.2.5 incoming ban',
    ])
    const [ban, end] = scene.api.posted.filter(({ ip }) => ip === '192.0.2.2')
    // A ban of the next one that comes at that moment is newer.
    assert.deepEqual([end?.run, end?.revision], [ban?.run, (ban?.revision ?? 0) + 1])
    assert.match(scene.said(), /is gone and has not ended its ban of 192\.0\.2\.2/)
    await Promise.all([other, second].map((one) => one.end()))
  })

  it('ends them by cron as well, when FastNetMon stays away, and once', async (t) => {
    const scene = await NotifyScene.begin(t)
    await scene.api.up()
    const detector = scene.detector()
    await detector.call('2001:0db8::0007', 'ban')
    await detector.call('192.0.2.7', 'ban', 'outgoing')
    assert.equal(await scene.run(['deliver']), 0)
    await until(() => scene.api.posted.length === 2 && scene.queued().length === 0)
    await detector.end()
    for (const _ of [1, 2]) assert.equal(await scene.run(['deliver']), 0)
    assert.deepEqual(said(scene.api.posted).toSorted(), [
      '192.0.2.7 outgoing ban',
      '192.0.2.7 outgoing unban',
      '2001:0db8::0007 incoming ban',
      '2001:0db8::0007 incoming unban',
    ])
  })

  it('does not take what calls it in the place of FastNetMon, and ends at once, for one that is gone', async (t) => {
    const scene = await NotifyScene.begin(t)
    await scene.api.up()
    const wrapper = scene.detector('wrapper')
    await wrapper.call('192.0.2.7', 'ban')
    await wrapper.end()
    assert.equal(await scene.run(['deliver']), 0)
    await until(() => scene.api.posted.length > 0 && scene.queued().length === 0)
    assert.deepEqual(said(scene.api.posted), ['192.0.2.7 incoming ban'])
  })

  it('the Advanced edition is heard by its JSON, each attack by its own name', async (t) => {
    const scene = await NotifyScene.begin(t)
    const json = (action: string, uuid: string) =>
      JSON.stringify({
        action,
        ip: '2001:db8::7',
        attack_details: { attack_uuid: uuid, attack_direction: 'incoming' },
      })
    await scene.run(['ban', '2001:db8::7'], json('ban', 'a-1'))
    await scene.run([], json('unban', 'a-1'))
    await scene.run([], json('ban', 'b-2'))
    await scene.api.up()
    await until(() => scene.queued().length === 0)
    const triggers = scene.api.posted.flatMap(
      (record) => FASTNETMON.read(record, { now: 0, isOwn: () => true }).triggers,
    )
    assert.deepEqual(
      triggers.map(({ id, kind }) => `${id} ${kind}`),
      ['a-1 close', 'b-2 open'],
    )
  })

  it('what FastNetMon does not say is not spooled, and said', async (t) => {
    const scene = await NotifyScene.begin(t)
    for (const args of [['$(id)', 'incoming', '1', 'ban'], ['192.0.2.7', 'incoming', 'x', 'ban'], ['--help']])
      assert.equal(await scene.run(args, ''), 0)
    assert.deepEqual(scene.queued(), [])
    assert.match(scene.said(), /not a call of FastNetMon: \$\(id\) incoming 1 ban/)
  })
})
