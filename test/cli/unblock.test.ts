import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import type { Block } from '../../src/cli/http/wire.ts'
import { aBlock, aHolding, FakeApi, NOW, type Routes } from './fake-api.ts'
import { cordon } from './harness.ts'

const open: FakeApi[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

const ENDED = { standing: 'ended', holdings: [], ending: 'released', endedAt: new Date(NOW).toISOString() }

async function fake(active: readonly Block[], routes: Routes = {}): Promise<FakeApi> {
  const api = await new FakeApi({
    'GET /v1/blocks': () => ({ json: { blocks: active } }),
    ...Object.fromEntries(
      active.map(({ id, target }) => [
        `POST /v1/blocks/${id}:release`,
        () => ({ json: aBlock({ id, target, ...ENDED }) }),
      ]),
    ),
    ...routes,
  }).listen()
  open.push(api)
  return api
}

function unblock(api: FakeApi, ...words: string[]) {
  return cordon(['unblock', ...words], { env: api.env, now: () => NOW })
}

const releases = (api: FakeApi) =>
  api.seen.filter(({ path }) => path.endsWith(':release')).map(({ path }) => path)

test('one block of a target is released', async () => {
  const api = await fake([aBlock()])
  const { exit, stdout } = await unblock(api, '192.0.2.7', '--why', 'cleaned')
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /Cordon#12 .*ended/)
  assert.deepEqual(api.of('POST /v1/blocks/12:release')[0]?.body, { why: 'cleaned' })
  assert.equal(api.of('GET /v1/blocks')[0]?.query.get('active'), 'true')
})

test('an account and a station are found however they are written', async () => {
  for (const [target, asked] of [
    ['alice@campus.example', 'Alice@Campus.Example'],
    ['02:00:5e:10:00:01', '02-00-5E-10-00-01'],
    ['02:00:5e:10:00:01', 'station:0200.5e10.0001'],
  ] as const) {
    const api = await fake([aBlock({ target })])
    assert.equal((await unblock(api, asked)).exit, EXIT.ok, asked)
    assert.equal(api.of('GET /v1/blocks')[0]?.query.get('target'), asked)
    assert.deepEqual(releases(api), ['/v1/blocks/12:release'])
  }
})

test('several are listed, and want their numbers or --all', async () => {
  const both = [aBlock({ id: 14, reason: 'sends spam' }), aBlock()]
  const api = await fake(both)
  const { exit, stdout, stderr } = await unblock(api, '192.0.2.7')
  assert.equal(exit, EXIT.failure)
  assert.equal(stdout, '')
  for (const words of ['Cordon#14', 'sends spam', 'Cordon#12', 'scans the campus', '--all'])
    assert.ok(stderr.includes(words), words)
  assert.deepEqual(releases(api), [])
  assert.equal((await unblock(api, '12')).exit, EXIT.ok)
  assert.deepEqual(releases(api), ['/v1/blocks/12:release'])
  assert.equal((await unblock(api, 'Cordon#12', '14', '12')).exit, EXIT.ok)
  assert.equal(releases(api).length, 3)
  const all = await unblock(await fake(both), '192.0.2.7', '--all', '-o', 'name')
  assert.equal(all.exit, EXIT.ok)
  assert.equal(all.stdout, 'Cordon#14\nCordon#12\n')
})

test('what restricts more than the target is never released by it', async () => {
  const wide = aBlock({ id: 3, target: '192.0.2.0/24' })
  const only = await fake([wide])
  const { exit, stderr } = await unblock(only, '192.0.2.7', '--all')
  assert.equal(exit, EXIT.no)
  assert.match(stderr, /Cordon#3 stays, as it restricts more than 192\.0\.2\.7/)
  assert.deepEqual(releases(only), [])
  const both = await fake([wide, aBlock()])
  assert.equal((await unblock(both, '192.0.2.7')).exit, EXIT.ok)
  assert.deepEqual(releases(both), ['/v1/blocks/12:release'])
})

test('a prefix means the blocks on parts of it too', async () => {
  const api = await fake([
    aBlock({ id: 14, target: '192.0.2.9/32' }),
    aBlock({ id: 3, target: '192.0.2.0/24' }),
  ])
  assert.equal((await unblock(api, '192.0.2.0/24', '--all')).exit, EXIT.ok)
  assert.equal(releases(api).length, 2)
})

test('a department is found by its name on every page', async () => {
  const physics = aBlock({ id: 9, target: 'department:physics' })
  const api = await fake([physics], {
    'GET /v1/blocks': ({ query }) =>
      query.get('cursor') === null
        ? { json: { blocks: [aBlock()], next: 'x' } }
        : { json: { blocks: [physics] } },
  })
  assert.equal((await unblock(api, 'department:physics')).exit, EXIT.ok)
  assert.deepEqual(releases(api), ['/v1/blocks/9:release'])
  assert.equal(api.of('GET /v1/blocks')[0]?.query.get('target'), null)
})

test('nothing to release is a no, an unknown number too', async () => {
  const api = await fake([])
  const none = await unblock(api, '192.0.2.7')
  assert.equal(none.exit, EXIT.no)
  assert.match(none.stderr, /no active block on 192\.0\.2\.7/)
  assert.equal((await unblock(api, '99')).exit, EXIT.no)
})

test('a half-known list of subjects releases nothing', async () => {
  const api = await fake([aBlock()], {
    'GET /v1/blocks': ({ query }) => ({
      json: { blocks: query.get('target') === '192.0.2.7' ? [aBlock()] : [] },
    }),
  })
  assert.equal((await unblock(api, '192.0.2.7', '192.0.2.8')).exit, EXIT.no)
  assert.deepEqual(releases(api), [])
})

test('a device that keeps it ends the waiting with 5', async () => {
  const left = {
    standing: 'leaving',
    holdings: [aHolding('edge-1', { inForce: false }), aHolding('edge-2', { state: 'no' })],
  }
  const clock = { now: NOW }
  const api = await fake([aBlock()], {
    'POST /v1/blocks/12:release': () => ({ json: aBlock(left) }),
    'GET /v1/blocks/12': () => {
      clock.now += 2_000
      return { json: aBlock(left) }
    },
  })
  const { exit, stderr } = await cordon(['unblock', '12'], { env: api.env, now: () => clock.now })
  assert.equal(exit, EXIT.partial)
  assert.match(stderr, /edge-1: going \(1 of 1 still there\)\nCordon#12 edge-2: gone/)
  assert.match(stderr, /not yet gone from every device/)
})

test('a release that fails keeps no other from being done', async () => {
  const api = await fake([aBlock()])
  const { exit, stdout, stderr } = await unblock(api, '99', '12')
  assert.equal(exit, EXIT.no)
  assert.match(stderr, /Cordon#99 is not released: .*not-found/)
  assert.match(stdout, /Cordon#12/)
})
