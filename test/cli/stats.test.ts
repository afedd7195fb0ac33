import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { FakeApi, NOW, type Routes } from './fake-api.ts'
import { cordon } from './harness.ts'

const open: FakeApi[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

async function ask(routes: Routes, ...line: string[]) {
  const api = await new FakeApi(routes).listen()
  open.push(api)
  return { api, ...(await cordon(['stats', ...line], { env: api.env, now: () => NOW })) }
}

const NONE = { n: 0, p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null }
const SOME = { n: 4, p50Ms: 1_230, p90Ms: 2_000, p99Ms: 2_000, maxMs: 90_000 }

function row(began: number, more: object = {}) {
  const blocks = {
    ...{ began, proposed: 1, ended: { released: 2, expired: 0 } },
    ...{ enforce: SOME, verify: SOME, lift: NONE, stopped: { blocks: 2, packets: 7, bytes: 1_500 } },
  }
  return { from: '2026-11-01', to: '2026-11-30', blocks, ...more }
}

const ANSWER = {
  ...{ from: '2026-11-01', to: '2026-11-30', by: 'department', zone: 'UTC' },
  ...{ countedTo: '2026-11-30T00:00:00Z', seq: 9, total: row(5) },
  rows: [row(3, { group: 'physics' }), row(2, { group: null })],
  now: { unblock: { open: 2, overdue: 1 }, logs: { open: 0, overdue: 0 } },
}

test('a head says it all in words, a table tells it apart', async () => {
  const routes: Routes = { 'GET /v1/statistics': () => ({ json: ANSWER }) }
  const { api, exit, stdout } = await ask(routes, '--by', 'department', '--from', '2026-11-01')
  assert.equal(exit, EXIT.ok)
  assert.deepEqual(Object.fromEntries(api.seen[0]?.query ?? []), { by: 'department', from: '2026-11-01' })
  assert.match(stdout, /^days +2026-11-01 to 2026-11-30, UTC$/m)
  assert.match(stdout, /^open requests +2 unblock \(1 overdue\)$/m)
  assert.match(stdout, /^enforced in +half 1\.23s, 90 % 2s, 99 % 2s, longest 1m 30s \(4\)$/m)
  assert.match(stdout, /^stopped +7 packets, 1\.5 kB, counted of 2 blocks$/m)
  assert.match(stdout, /^DEPARTMENT +BEGAN +ENDED/m)
  assert.match(stdout, /^physics +3 +2 /m)
  assert.match(stdout, /^- +2 +2 /m)
})

test('what is withheld is a star', async () => {
  const blocks = { began: null, ended: 12, enforce: { p50Ms: 900, p90Ms: 2_000 }, lift: null }
  const months = [{ month: '2026-10', blocks, requests: { filed: null, answer: null } }]
  const routes: Routes = { 'GET /v1/statistics/public': () => ({ json: { smallest: 5, months } }) }
  const { stdout } = await ask(routes, '--public')
  assert.match(stdout, /^2026-10 +\* +12 +0\.9s +\* +\* +\*$/m)
  const both = await ask(routes, '--public', '--by', 'department')
  assert.deepEqual([both.exit, both.api.seen.length], [EXIT.failure, 0])
})
