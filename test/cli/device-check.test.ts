import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import type { DeviceCheck } from '../../src/cli/http/wire.ts'
import { FakeApi, NOW } from './fake-api.ts'
import { cordon } from './harness.ts'

const CLEAN: DeviceCheck = {
  device: 'edge',
  kind: 'nft',
  inLine: true,
  readAt: new Date(NOW).toISOString(),
  tookMs: 12,
  wanted: 2,
  held: 2,
  foreign: 1,
  counts: { missing: 0, extra: 0 },
  findings: [],
  enforcers: [{ name: 'r1', expected: 2, seen: 2, unseen: [], lingering: [] }],
}

async function check(t: TestContext, answer: Partial<DeviceCheck>, ...more: string[]) {
  const api = await new FakeApi({
    'POST /v1/devices/edge:check': () => ({ json: { ...CLEAN, ...answer } }),
  }).listen()
  t.after(() => api.close())
  return cordon(['devices', 'check', 'edge', ...more], { env: api.env, now: () => NOW })
}

test('a device that is as wanted', async (t) => {
  const { exit, stdout } = await check(t, {})
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /as wanted.*took 12 ms.*2 there, 2 wanted; 1 entries.*r1: 2 of 2 seen/s)
})

test('a device that differs: each rule, its blocks, the way out, and exit 1', async (t) => {
  const { exit, stdout } = await check(t, {
    inLine: false,
    counts: { missing: 1, different: 1, extra: 0 },
    findings: [
      { what: 'missing', rule: 'acl4 source=192.0.2.7/32', blocks: [3, 4], wanted: 'drop' },
      { what: 'different', rule: 'acl4 x', blocks: [5], wanted: 'drop', found: { rateLimit: 1_000 } },
    ],
    enforcers: [{ name: 'r1', expected: 2, seen: 1, unseen: ['a'], lingering: ['b'], trouble: 'no socket' }],
  })
  assert.equal(exit, EXIT.no)
  assert.match(stdout, /cordon devices resync edge/)
  assert.match(stdout, /1 wanted and not there\n +1 there with another action/)
  assert.match(stdout, /missing +acl4 source=192\.0\.2\.7\/32 +drop +#3 #4/)
  assert.match(stdout, /different +acl4 x +drop +at most 1 kB\/s per router +#5/)
  assert.match(stdout, /r1: 1 of 2 seen, not a, 1 still there, cannot be watched: no socket/)
})

test('a device that could not be read: its own words, and exit 2', async (t) => {
  const unread = { readAt: undefined, held: undefined, inLine: false }
  const error = { class: 'auth', code: 'bad-key', words: 'no such user' }
  const { exit, stdout } = await check(t, { ...(unread as unknown as Partial<DeviceCheck>), error })
  assert.equal(exit, EXIT.failure)
  assert.match(stdout, /it could not be read: auth: no such user/)
})

test('JSON is the answer as it came', async (t) => {
  const { stdout } = await check(t, {}, '-o', 'json')
  assert.deepEqual(JSON.parse(stdout), CLEAN)
})
