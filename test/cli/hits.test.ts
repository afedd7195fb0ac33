import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import type { Hits } from '../../src/cli/http/wire.ts'
import { aBlock, FakeApi, NOW } from './fake-api.ts'
import { cordon } from './harness.ts'

const HITS: Hits = {
  block: 12,
  name: 'Cordon#12',
  packets: 12,
  bytes: 9_000,
  lastHit: new Date(NOW - 180_000).toISOString(),
  lastHitPrecision: 60,
  devices: [
    {
      device: 'fw',
      counts: true,
      since: new Date(NOW - 600_000).toISOString(),
      rules: [
        {
          rule: 'acl4 source=192.0.2.7/32',
          packets: 12,
          bytes: 9_000,
          resets: 1,
          lastHit: new Date(NOW - 180_000).toISOString(),
        },
      ],
    },
    { device: 'bgp', counts: false, rules: [], error: { class: 'unsupported', words: 'they do not count' } },
    { device: 'idle', counts: true, rules: [] },
    { device: 'dead', counts: true, rules: [], error: { class: 'unreachable', words: 'no route' } },
  ],
}

async function apiWith(t: { after(run: () => Promise<void>): void }, hits: Hits) {
  const api = await new FakeApi({
    'GET /v1/blocks/12/hits': () => ({ json: hits }),
    'GET /v1/blocks/12': () => ({ json: aBlock() }),
  }).listen()
  t.after(() => api.close())
  return api
}

test('hits are shown per device and rule, with those that cannot tell', async (t) => {
  const api = await apiWith(t, HITS)
  const { exit, stdout } = await cordon(['hits', 'Cordon#12'], { env: api.env, now: () => NOW })
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /hits +12 packets, 9 kB\n/)
  assert.match(stdout, /last hit +.*\(3m ago\), exact to 60 s\n/)
  assert.match(
    stdout,
    /bgp: unsupported: they do not count\n +idle: holds nothing of it\n +dead: unreachable: no route/,
  )
  assert.match(stdout, /fw +acl4 source=192\.0\.2\.7\/32 +12 +9 kB +3m ago\n/)
  assert.equal(api.of('GET /v1/blocks/12/hits')[0]?.query.get('fresh'), null)
  const json = await cordon(['hits', '12', '-o', 'json'], { env: api.env })
  assert.deepEqual(JSON.parse(json.stdout), HITS)
})

test('without a hit it says since when none was seen', async (t) => {
  const { lastHit: _, ...quiet } = { ...HITS, packets: 0, bytes: 0 }
  const api = await apiWith(t, quiet)
  const { stdout } = await cordon(['hits', '12'], { env: api.env, now: () => NOW })
  assert.match(stdout, /none seen since .*\(10m ago\)/)
})

test('a block is shown with what is known of its hits, and no device is asked for them', async (t) => {
  const api = await apiWith(t, HITS)
  const { stdout } = await cordon(['show', '12'], { env: api.env, now: () => NOW })
  assert.match(stdout, /hits +12 packets, 9 kB, last 3m ago\n/)
  assert.equal(api.of('GET /v1/blocks/12/hits')[0]?.query.get('fresh'), 'false')
  const nobodyCounts = await apiWith(t, { ...HITS, devices: HITS.devices.filter(({ counts }) => !counts) })
  assert.doesNotMatch((await cordon(['show', '12'], { env: nobodyCounts.env })).stdout, /hits/)
})
