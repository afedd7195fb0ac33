import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import type { Quota, QuotaAnswer } from '../../src/cli/http/wire-quota.ts'
import { aBlock, aPlan, FakeApi, NOW } from './fake-api.ts'
import { cordon } from './harness.ts'

const ACTIVE: Quota = { name: 'active', used: 9, most: 10, counts: 'blocks that are on at once' }
const SHARE: Quota = {
  name: 'department-share',
  department: 'law',
  used: 12,
  most: 12,
  counts: "hosts of the department that are off without another's agreement",
}
const DAY: Quota = {
  name: 'own-hosts-day',
  used: 3,
  most: 256,
  counts: 'hosts of own space blocked within a day',
  freesAt: new Date(NOW + 7_200_000).toISOString(),
}
const ANSWER: QuotaAnswer = {
  person: { id: 'p1', name: 'Ann' },
  token: { id: 't1', name: 'laptop' },
  mayBlock: true,
  roles: ['analyst'],
  most: { ipv4Addresses: 64, ipv6Length: 56, durationMs: 604_800_000, departmentShare: 0.25 },
  quotas: [ACTIVE, SHARE, DAY],
}

async function apiWith(t: { after(run: () => Promise<void>): void }, near: readonly Quota[] = []) {
  const api = await new FakeApi({
    'GET /v1/quota': ({ query }) =>
      query.get('person') === 'p2'
        ? { json: { mayBlock: false, roles: [], most: {}, quotas: [], person: { id: 'p2', name: 'Vic' } } }
        : { json: ANSWER },
    'POST /v1/blocks:dryRun': () => ({ json: aPlan({ near }) }),
    'POST /v1/blocks': () => ({ status: 201, json: { ...aBlock(), near } }),
    'POST /v1/blocks:batch': () => ({
      json: { items: [{ status: 201, id: 1, version: 1, wanted: 'on' }], near },
    }),
    'GET /v1/blocks/12': () => ({ json: aBlock() }),
  }).listen()
  t.after(() => api.close())
  return api
}

test('says what one may block, what is used, and when it is free again', async (t) => {
  const api = await apiWith(t)
  const { exit, stdout } = await cordon(['quota'], { env: api.env, now: () => NOW })
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /person +Ann \(p1\), with all of their tokens\n/)
  assert.match(stdout, /may block +as analyst\n/)
  assert.match(stdout, /alone +up to 64 IPv4 addresses, IPv6 from \/56 on, 25 % of a department\n/)
  assert.match(stdout, /for +7d at the most\n/)
  assert.match(stdout, /active +9 +10 +blocks that are on at once\n/)
  assert.match(stdout, /department-share law +12 +12 /)
  assert.match(stdout, /own-hosts-day +3 +256 .*\(in 2h\)/)
  const json = await cordon(['quota', '--token', 't1', '-o', 'json'], { env: api.env })
  assert.deepEqual(JSON.parse(json.stdout), ANSWER)
  assert.equal(api.of('GET /v1/quota')[1]?.query.get('token'), 't1')
})

test("of somebody who may not block there is nothing, and a person's and a token's at once are too much", async (t) => {
  const api = await apiWith(t)
  const { exit, stdout } = await cordon(['quota', '--person', 'p2'], { env: api.env })
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /may block +no\n/)
  const both = await cordon(['quota', '--person', 'p2', '--token', 't1'], { env: api.env })
  assert.equal(both.exit, EXIT.failure)
  assert.match(both.stderr, /give --person or --token, not both/)
})

const WARNING = /nearly used up: active: 9 of 10 \(blocks that are on at once\)\n/

test('blocking warns on stderr of what is nearly used up, before it blocks', async (t) => {
  const api = await apiWith(t, [ACTIVE, SHARE])
  const command = ['block', '192.0.2.7', '--for', '1h', '--reason', 'x']
  const made = await cordon([...command, '--yes', '--no-wait'], { env: api.env })
  assert.equal(made.exit, EXIT.ok)
  assert.match(made.stderr, WARNING)
  assert.match(made.stderr, /nearly used up: department-share law: 12 of 12/)
  assert.doesNotMatch(made.stdout, /nearly/)
  assert.ok(made.stderr.indexOf('nearly') < made.stderr.indexOf('is recorded'))
  const dry = await cordon([...command, '--dry-run'], { env: api.env })
  assert.match(dry.stderr, WARNING)
  assert.doesNotMatch(dry.stdout, /nearly/)
})

test('blocking a file warns of what its batches have nearly used up', async (t) => {
  const api = await apiWith(t, [ACTIVE])
  const made = await cordon(['block', '--file', '-', '--for', '1h', '--reason', 'x', '--yes'], {
    env: api.env,
    input: '192.0.2.7\n',
  })
  assert.equal(made.exit, EXIT.ok)
  assert.match(made.stderr, WARNING)
})
