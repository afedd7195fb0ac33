import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { SCOPES } from '../../src/domain/role.ts'
import { buildServer } from '../../src/http/server.ts'
import { makeApp } from '../helpers/app.ts'
import { FEED } from '../helpers/feed.ts'
import { type Pulled, withList } from '../helpers/pulled.ts'
import { clientOf, type Json, list, type Reply, SCANNER, startFace } from './face.ts'

const STREAM = '/v1/decisions/stream'
const OLD = 'crowdsec-firewall-bouncer/v0.0.25-debian'

interface Told {
  readonly deleted: readonly string[]
  readonly taken: readonly string[]
}

/** What a bouncer is told: values, those to let go and those to take. */
function told({ status, text, json }: Reply): Told {
  assert.equal(status, 200, text)
  const values = (name: string) =>
    list(json[name])
      .map((one) => String(one['value']))
      .sort()
  return { deleted: values('deleted'), taken: values('new') }
}

const startup = async (client: Pulled, agent?: string): Promise<Told> =>
  told(await client.ask(`${STREAM}?startup=true`, agent === undefined ? {} : { agent }))
const next = async (client: Pulled, agent?: string): Promise<Told> =>
  told(await client.ask(STREAM, agent === undefined ? {} : { agent }))

function decisions(json: Json): readonly Json[] {
  return list(json['new'])
}

/** In milliseconds, of what Go calls a duration. */
function msOf(duration: Json | undefined): number {
  const [, hours, minutes, seconds] = /^(\d+)h(\d+)m([\d.]+)s$/.exec(String(duration)) ?? []
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000
}

test('a bouncer is told everything at first, then what changed', async (t) => {
  const client = await withList(t)
  const { add, release, holds } = client
  const first = await add('203.0.113.9')
  await add('203.0.113.64/28')
  await holds(2)
  assert.deepEqual(await startup(client), { deleted: [], taken: ['203.0.113.64/28', '203.0.113.9'] })
  assert.deepEqual(await next(client), { deleted: [], taken: [] })
  await add('2a00:1450:4009::9')
  await release(first)
  await eventually('both have come', 5_000, () => client.app.lists.held.get(FEED)?.version === 4)
  assert.deepEqual(await next(client), { deleted: ['203.0.113.9'], taken: ['2a00:1450:4009::9'] })
  assert.deepEqual(await next(client), { deleted: [], taken: [] })
  assert.deepEqual((await startup(client)).taken, ['203.0.113.64/28', '2a00:1450:4009::9'])
})

test('decisions look as CrowdSec writes them', async (t) => {
  const client = await withList(t)
  await client.add('203.0.113.9', { duration: '4h' })
  await client.add('203.0.113.64/28', { duration: '90s' })
  await client.holds(2)
  const { json } = await client.ask(`${STREAM}?startup=true`)
  const [host, range] = decisions(json)
  const common = { origin: 'cordon', scenario: 'cordon/block', type: 'ban' }
  const { id, duration, ...rest } = host as unknown as Record<string, unknown>
  assert.deepEqual(rest, { ...common, scope: 'Ip', value: '203.0.113.9' })
  assert.ok(Number.isSafeInteger(id))
  assert.match(String(duration), /^3h59m5\d(\.\d+)?s$/)
  assert.deepEqual([range?.['scope'], range?.['value']], ['Range', '203.0.113.64/28'])
  assert.match(String(range?.['duration']), /^0h1m(29|2[0-9]\.\d+|30)/)
})

test('an extension is told as letting go and another decision, as bouncers ignore a second one', async (t) => {
  const client = await withList(t)
  const block = await client.add('203.0.113.9', { duration: '10m' })
  await client.holds(1)
  const [before] = decisions((await client.ask(`${STREAM}?startup=true`)).json)
  await client.amend(block, { duration: '3h' })
  const { json } = await client.ask(STREAM)
  const [gone] = list(json['deleted'])
  const [after] = decisions(json)
  assert.deepEqual([gone?.['value'], gone?.['id']], ['203.0.113.9', before?.['id']])
  assert.equal(after?.['value'], '203.0.113.9')
  assert.ok(Number(after?.['id']) > Number(before?.['id']))
  assert.ok(msOf(after?.['duration']) > 2.9 * 3_600_000)
  assert.deepEqual(await next(client), { deleted: [], taken: [] })
})

test('of two reasons for one host the longer counts, and one that is released leaves the other', async (t) => {
  const client = await withList(t)
  await client.add('203.0.113.9', { duration: '10m' })
  await client.holds(1)
  await startup(client)
  const longer = await client.add('203.0.113.9', { duration: '2h' })
  const told = await eventually('the extension is told', 5_000, async () => {
    const { json } = await client.ask(STREAM)
    return decisions(json)[0]
  })
  assert.ok(msOf(told['duration']) > 1.9 * 3_600_000)
  await client.release(longer)
  const shorter = await eventually('the rest is told', 5_000, async () => {
    const { json } = await client.ask(STREAM)
    return decisions(json)[0]
  })
  assert.ok(msOf(shorter['duration']) <= 600_000)
  assert.equal(client.app.lists.held.get(FEED)?.rules.size, 1)
})

test('what never ends is told for less than a day, and no block for longer than it lasts', async (t) => {
  const client = await withList(t)
  await client.block({ target: '203.0.113.9', reason: 'x', permanent: true })
  await client.add('203.0.113.10', { duration: '3d' })
  await client.add('203.0.113.11', { duration: '1h' })
  await client.holds(3)
  const { json } = await client.ask(`${STREAM}?startup=true`)
  for (const one of decisions(json)) {
    const hours = msOf(one['duration']) / 3_600_000
    const [least, most] = one['value'] === ('203.0.113.11' as unknown) ? [0.9, 1] : [16, 24]
    assert.ok(hours > least && hours <= most, JSON.stringify(one))
  }
})

test('only packets from somewhere are stopped by bouncers', async (t) => {
  const client = await withList(t)
  await client.add('192.0.2.7', { direction: 'to' })
  await client.add('192.0.2.8', { direction: 'both' })
  await client.holds(3)
  assert.deepEqual((await startup(client)).taken, ['192.0.2.8'])
})

test('an old firewall bouncer gets a small range address by address, and a wide one is refused in words', async (t) => {
  const client = await withList(t)
  const { add, holds, release, send } = client
  const range = await add('203.0.113.64/28')
  await add('203.0.113.70')
  const six = await add('2a00:1450:4009::/64')
  await holds(3)
  const { taken } = await startup(client, OLD)
  assert.deepEqual(taken, Array.from({ length: 16 }, (_, at) => `203.0.113.${64 + at}`).sort())
  const device = () => send('GET', '/v1/devices/feed')
  const words = (await device()).json['conditions']?.['too-wide-for-bouncer']
  assert.match(
    String(words),
    /^1 prefix, such as 2a00:1450:4009::\/64, cannot be told to bouncers that enforce single addresses alone, as token \w+ \(a trigger\) does/,
  )
  assert.match((await send('GET', '/metrics')).text, /^cordon_bouncers_unserved\{device="feed"\} 1$/m)
  assert.ok((await startup(client)).taken.includes('2a00:1450:4009::/64'), 'others are told it')
  await release(range)
  await holds(2)
  const after = await next(client, OLD)
  assert.deepEqual(after.taken, [])
  assert.equal(after.deleted.length, 15)
  assert.ok(!after.deleted.includes('203.0.113.70'), 'which another block keeps')
  await release(six)
  await holds(1)
  await next(client, OLD)
  assert.equal((await device()).json['conditions']?.['too-wide-for-bouncer'], undefined)
})

test('bouncers that ask about an address are told what has it', async (t) => {
  const client = await withList(t)
  await client.add('203.0.113.64/28')
  await client.add('203.0.113.70')
  await client.add('2a00:1450:4009::/64')
  await client.holds(3)
  const values = async (query: string) => {
    const { status, text } = await client.ask(`/v1/decisions?${query}`)
    assert.equal(status, 200, text)
    const found = JSON.parse(text) as { value: string }[] | null
    return found === null ? null : found.map(({ value }) => value).sort()
  }
  assert.deepEqual(await values('ip=203.0.113.70'), ['203.0.113.64/28', '203.0.113.70'])
  assert.deepEqual(await values('ip=203.0.113.65'), ['203.0.113.64/28'])
  assert.deepEqual(await values('ip=2a00:1450:4009::1'), ['2a00:1450:4009::/64'])
  assert.deepEqual(await values('ip=203.0.113.1'), null)
  assert.deepEqual(await values('range=203.0.113.64/29'), ['203.0.113.64/28'])
  assert.deepEqual(await values('range=203.0.113.0/24'), null)
  assert.deepEqual(await values('range=203.0.113.0/24&contains=false'), ['203.0.113.64/28', '203.0.113.70'])
  assert.deepEqual(await values('scope=ip&value=203.0.113.70'), ['203.0.113.70'])
  assert.deepEqual(await values('scope=Country&value=FR'), null)
  assert.deepEqual(await values('type=captcha'), null)
  assert.deepEqual(await values('type=ban&scopes=range'), ['203.0.113.64/28', '2a00:1450:4009::/64'])
  assert.equal((await values(''))?.length, 3)
  const wrong = await client.ask('/v1/decisions?ip=nonsense')
  assert.deepEqual([wrong.status, wrong.json['code']], [400, 'prefix-malformed'])
  assert.match(String(wrong.json['message']), /^ip: 'nonsense' is not/)
  assert.equal((await client.ask('/v1/decisions?ip=203.0.113.70', { method: 'HEAD' })).status, 200)
})

test('bouncers choose by scope, origin and scenario', async (t) => {
  const client = await withList(t)
  await client.add('203.0.113.64/28')
  await client.add('203.0.113.9')
  await client.holds(2)
  const taken = async (query: string) => told(await client.ask(`${STREAM}?startup=true&${query}`)).taken
  assert.deepEqual(await taken('scopes=Ip'), ['203.0.113.9'])
  assert.deepEqual(await taken('scopes=ip,range&community_pull=true'), ['203.0.113.64/28', '203.0.113.9'])
  assert.deepEqual(await taken('origins=cscli,CAPI'), [])
  assert.deepEqual(await taken('origins=cordon'), ['203.0.113.64/28', '203.0.113.9'])
  assert.deepEqual(await taken('scenarios_containing=ssh'), [])
  assert.deepEqual(await taken('scenarios_not_containing=block'), [])
})

test('each bouncer has its own place in the stream, and looking does not move it', async (t) => {
  const client = await withList(t)
  const other = await client.app.machine({ roles: ['puller'] })
  await client.add('203.0.113.9')
  await client.holds(1)
  await startup(client)
  const head = await client.ask(`${STREAM}?startup=true`, { method: 'HEAD', key: other })
  assert.deepEqual([head.status, head.text], [200, ''])
  await client.add('203.0.113.10')
  await client.holds(2)
  await client.ask(STREAM, { method: 'HEAD' })
  assert.deepEqual((await next(client)).taken, ['203.0.113.10'])
  assert.deepEqual(told(await client.ask(STREAM, { key: other })).taken, ['203.0.113.10', '203.0.113.9'])
  assert.deepEqual(told(await client.ask(STREAM, { key: other, agent: 'another/v2' })).taken.length, 2)
})

test('usage metrics are taken', async (t) => {
  const client = await withList(t)
  const sent = (as: string) =>
    client.send('POST', '/v1/usage-metrics', {
      as: null,
      headers: { 'x-api-key': as },
      body: { remediation_components: [{ type: 'x', metrics: [] }], log_processors: null },
    })
  const taken = await sent(client.puller)
  assert.deepEqual([taken.status, taken.text], [201, ''])
  assert.equal((await sent('nobody')).status, 403)
})

test('errors are told as CrowdSec tells them', async (t) => {
  const client = await withList(t)
  for (const key of ['', 'nonsense', `${client.puller.slice(0, -1)}~`]) {
    const answer = await client.ask(STREAM, { key })
    assert.deepEqual([answer.status, answer.json['message']], [403, 'access forbidden'])
    assert.match(String(answer.headers['content-type']), /^application\/json/)
  }
  const without = await client.app.token(SCOPES.filter((scope) => !/^(lists|mail|triggers):/.test(scope)))
  const denied = await client.ask(STREAM, { key: without })
  assert.equal(denied.status, 403)
  assert.match(String(denied.json['message']), /this needs the right lists:read/)
  const none = await startFace(t)
  const key = await none.app.machine({ roles: ['puller'] })
  const absent = await none.send('GET', STREAM, { as: null, headers: { 'x-api-key': key } })
  assert.deepEqual([absent.status, Object.keys(absent.json).sort()], [404, ['code', 'message']])
})

test('after a restart a bouncer is told what it must let go, whatever it missed', async (t) => {
  const app = await makeApp({ feed: {} })
  const before = await clientOf(app, buildServer(app, { version: '0' }))
  const key = await app.machine({ roles: ['puller'] })
  const ask = async (client: typeof before, path: string) =>
    client.send('GET', path, { as: null, headers: { 'x-api-key': key, 'user-agent': 'x/v1' } })
  const targets = ['203.0.113.9', '203.0.113.10', '203.0.113.11']
  for (const target of targets) await before.block({ ...SCANNER, target })
  const all = await eventually('the bouncer has all', 5_000, async () => {
    const answer = await ask(before, `${STREAM}?startup=true`)
    return answer.status === 200 && told(answer).taken.length === 3 && answer
  })
  assert.deepEqual(told(all).deleted, [])
  // What happens now the bouncer does not hear before the restart.
  const ids = new Map(targets.map((target, at) => [target, at + 1]))
  await before.send('DELETE', `/v1/blocks/${ids.get('203.0.113.9')}`)
  const seen = await before.send('GET', `/v1/blocks/${ids.get('203.0.113.10')}`)
  const amended = await before.send('PATCH', `/v1/blocks/${ids.get('203.0.113.10')}`, {
    body: { duration: '5h' },
    headers: { 'if-match': String(seen.headers['etag']) },
  })
  assert.equal(amended.status, 200, amended.text)
  await before.server.close()
  await app.stop()
  const after = await startFace(t, { feed: {}, folder: app.folder })
  const answer = await eventually('the list is whole again', 5_000, async () => {
    const one = await ask(after as typeof before, STREAM)
    return one.status === 200 && one
  })
  assert.deepEqual(told(answer), {
    deleted: ['203.0.113.10', '203.0.113.9'],
    taken: ['203.0.113.10', '203.0.113.11'],
  })
})

test('after a restart a bouncer hears anew what has been renewed since it last asked, and keeps the rest', async (t) => {
  const app = await makeApp({ feed: {} })
  const before = await clientOf(app, buildServer(app, { version: '0' }))
  const key = await app.machine({ roles: ['puller'] })
  const ask = async (client: typeof before) => {
    const answer = await client.send('GET', STREAM, { as: null, headers: { 'x-api-key': key } })
    return answer.status === 200 && told(answer)
  }
  await before.block({ target: '203.0.113.9', reason: 'x', permanent: true })
  await before.block({ target: '203.0.113.10', reason: 'x', duration: '12h' })
  await eventually('the bouncer has both', 5_000, async () => {
    const answer = await ask(before)
    return answer !== false && answer.taken.length === 2
  })
  await before.server.close()
  await app.stop()
  const after = await startFace(t, { feed: {}, folder: app.folder })
  after.app.skip(9 * 3_600_000)
  const answer = await eventually('the list is whole again', 5_000, () => ask(after))
  assert.deepEqual(answer, { deleted: ['203.0.113.9'], taken: ['203.0.113.10', '203.0.113.9'] })
})
