import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { parse } from 'yaml'
import { EXIT } from '../../src/cli/exit.ts'
import type { Device, Explanation } from '../../src/cli/http/wire.ts'
import { aBlock, aHolding, FakeApi, NOW, problem, type Routes } from './fake-api.ts'
import { cordon } from './harness.ts'

const open: FakeApi[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

async function ask(routes: Routes, ...line: string[]) {
  const api = await new FakeApi(routes).listen()
  open.push(api)
  return { api, ...(await cordon(line, { env: api.env, now: () => NOW })) }
}

test('blocks are listed over pages up to the limit, active ones unless asked', async () => {
  const routes: Routes = {
    'GET /v1/blocks': ({ query }) => ({
      json:
        query.get('cursor') === null
          ? { blocks: [aBlock({ id: 14 }), aBlock({ id: 13 })], next: 'c1' }
          : { blocks: [aBlock({ id: 12 })], next: 'c2' },
    }),
  }
  const { api, exit, stdout, stderr } = await ask(routes, 'blocks', '--limit', '3', '-o', 'name')
  assert.equal(exit, EXIT.ok)
  assert.equal(stdout, 'Cordon#14\nCordon#13\nCordon#12\n')
  assert.match(stderr, /more follow/)
  assert.equal(api.seen[0]?.query.get('active'), 'true')
  const ended = await ask(routes, 'blocks', '--ended', '--ticket', 'RT#1', '--limit', '2')
  assert.equal(ended.api.seen[0]?.query.get('active'), 'false')
  assert.equal(ended.api.seen[0]?.query.get('ticket'), 'RT#1')
  const both = await ask(routes, 'blocks', '--ended', '--active', '--target', '192.0.2.0/24', '--limit', '2')
  assert.equal(both.api.seen[0]?.query.get('active'), null)
  assert.equal(both.api.seen[0]?.query.get('target'), '192.0.2.0/24')
})

test('a table of blocks, wider in wide', async () => {
  const reason = 'a reason that goes on and on and on and on and on'
  const blocks = [
    aBlock({ reason, ticket: 'RT#4711', action: { rateLimit: 1_250_000 }, match: { protocol: '17' } }),
  ]
  const routes: Routes = { 'GET /v1/blocks': () => ({ json: { blocks } }) }
  const { stdout } = await ask(routes, 'blocks')
  for (const words of ['in 1h', 'at most 1.25 MB/s per router', 'protocol=17', 'RT#4711', 'in-force', '…'])
    assert.ok(stdout.includes(words), `${words} in ${stdout}`)
  assert.ok(!stdout.includes(reason))
  const wide = await ask(routes, 'blocks', '-o', 'wide')
  assert.ok(wide.stdout.includes(reason))
  assert.ok(wide.stdout.includes('anna'))
})

test('advice is a text to be read where one block is shown, and nowhere else', async () => {
  const advice = { name: 'clean-it', title: 'Clean it', text: 'What to do:\n\n1. Look.\n2. \u202eClean.\n' }
  const block = aBlock({ category: 'scan', advice })
  const routes: Routes = {
    'GET /v1/blocks': () => ({ json: { blocks: [block] } }),
    'GET /v1/blocks/12': () => ({ json: block }),
  }
  const { stdout } = await ask(routes, 'show', '12')
  assert.match(stdout, /^category {2,}scan$/m)
  assert.ok(stdout.endsWith('\nadvice: Clean it\n  What to do:\n\n  1. Look.\n  2. \\u202eClean.\n'), stdout)
  const listed = await ask(routes, 'blocks')
  assert.doesNotMatch(listed.stdout, /CATEGORY|Clean/)
  const wide = await ask(routes, 'blocks', '-o', 'wide')
  assert.match(wide.stdout, /CATEGORY.* scan /s)
  assert.doesNotMatch(wide.stdout, /Clean/)
})

test('one block, with its devices, in every form', async () => {
  const block = aBlock({
    holdings: [
      aHolding('edge-1', { enforcers: [{ name: 'r1', seen: true }] }),
      aHolding('edge-2', { inForce: false, error: { class: 'timeout', words: 'no answer' } }),
    ],
  })
  const routes: Routes = {
    'GET /v1/blocks/12': () => ({ json: block }),
    'GET /v1/blocks/12/history': () => ({
      json: {
        events: [
          { seq: 4, at: block.createdAt, type: 'created', redacted: false, by: 't1', policy: 'manual' },
          { seq: 5, at: block.createdAt, type: 'in-force', redacted: false, device: 'edge-1' },
        ],
      },
    }),
  }
  const { exit, stdout } = await ask(routes, 'show', 'Cordon#12', '--history')
  assert.equal(exit, EXIT.ok)
  for (const words of [
    'r1 seen',
    'timeout: no answer',
    'anna (person)',
    'created by t1 policy manual',
    'in-force on edge-1',
  ])
    assert.ok(stdout.includes(words), words)
  const json = await ask(routes, 'show', '12', '-o', 'json')
  assert.deepEqual(JSON.parse(json.stdout), block)
  const yaml = await ask(routes, 'show', '12', '-o', 'yaml')
  assert.deepEqual(parse(yaml.stdout), block)
  assert.equal((await ask(routes, 'show', '13')).exit, EXIT.no)
  assert.equal((await ask(routes, 'show', 'abc')).exit, EXIT.failure)
})

test('an amendment carries the version that was seen', async () => {
  const routes: Routes = {
    'GET /v1/blocks/12': () => ({ json: aBlock({ version: 7 }) }),
    'PATCH /v1/blocks/12': ({ headers }) =>
      headers['if-match'] === '"7"'
        ? { json: aBlock({ version: 8 }) }
        : problem(412, 'version-mismatch', 'no'),
  }
  const { api, exit } = await ask(routes, 'amend', '12', '--for', '2h', '--reason', 'still there')
  assert.equal(exit, EXIT.ok)
  assert.deepEqual(api.of('PATCH /v1/blocks/12')[0]?.body, { duration: '2h', reason: 'still there' })
  const nothing = await ask(routes, 'amend', '12')
  assert.equal(nothing.exit, EXIT.failure)
  assert.equal(nothing.api.seen.length, 0)
})

function explanation(more: Partial<Explanation> = {}): Explanation {
  return {
    target: '192.0.2.7/32',
    own: true,
    departments: ['physics'],
    protected: [],
    active: [],
    ended: [],
    summary: 'nothing blocks 192.0.2.7/32 now',
    ...more,
  }
}

test('explain answers 0 while something affects the address and 1 when nothing does', async () => {
  const about = (json: Explanation): Routes => ({ 'GET /v1/explain': () => ({ json }) })
  const nothing = await ask(about(explanation()), 'explain', '192.0.2.7')
  assert.equal(nothing.exit, EXIT.no)
  assert.equal(nothing.api.seen[0]?.query.get('target'), '192.0.2.7')
  const active = explanation({ active: [{ ...aBlock(), because: 'it is the target' }] })
  const found = await ask(about(active), 'explain', '192.0.2.7')
  assert.equal(found.exit, EXIT.ok)
  assert.match(found.stdout, /it is the target/)
  const ended = aBlock({ standing: 'ended', ending: 'expired', endedAt: new Date(NOW - 1_000).toISOString() })
  assert.equal((await ask(about(explanation({ ended: [ended] })), 'explain', '192.0.2.7')).exit, EXIT.no)
  const leaving = await ask(
    about(explanation({ ended: [{ ...ended, standing: 'leaving' }] })),
    'explain',
    '192.0.2.7',
  )
  assert.equal(leaving.exit, EXIT.ok)
  assert.match(leaving.stdout, /NOT YET GONE/)
})

const DEVICE: Device = {
  name: 'edge-1',
  kind: 'nft',
  state: 'held',
  since: new Date(NOW - 60_000).toISOString(),
  conditions: { 'peer-down': 'BGP to r1 is down' },
  entries: 3,
  maxEntries: 100,
  backlog: 2,
  failing: 0,
  hold: { by: 't1', until: new Date(NOW + 60_000).toISOString(), reason: 'new line card' },
  withheld: { count: 20, why: 'a large removal that no event explains' },
  enforcers: [
    { name: 'r1', trouble: 'no session' },
    { name: 'r2', late: { count: 3, words: 'announced but not accepted at r2' } },
  ],
  evidence: 'witnessed',
}

test('devices: list, one, hold, free, resync', async () => {
  const one = () => ({ json: DEVICE })
  const routes: Routes = {
    'GET /v1/devices': () => ({ json: { devices: [DEVICE] } }),
    'GET /v1/devices/edge-1': one,
    'POST /v1/devices/edge-1:hold': one,
    'POST /v1/devices/edge-1:free': one,
    'POST /v1/devices/edge-1:resync': one,
  }
  const list = await ask(routes, 'devices', '-o', 'wide')
  assert.equal(list.exit, EXIT.ok)
  for (const words of ['held by t1: new line card', '20 withheld', 'peer-down', 'cannot see r1', '3/100'])
    assert.ok(list.stdout.includes(words), words)
  const shown = await ask(routes, 'devices', 'edge-1')
  assert.match(shown.stdout, /nothing changes on it/)
  assert.match(shown.stdout, /r2: announced but not accepted at r2/)
  const held = await ask(routes, 'devices', 'hold', 'edge-1', '--for', '2h', '--reason', 'new line card')
  assert.equal(held.exit, EXIT.ok)
  assert.deepEqual(held.api.seen[0]?.body, { duration: '2h', reason: 'new line card' })
  assert.equal((await ask(routes, 'devices', 'free', 'edge-1')).exit, EXIT.ok)
  assert.equal((await ask(routes, 'devices', 'resync', 'edge-1')).exit, EXIT.ok)
  assert.equal((await ask(routes, 'devices', 'hold', 'edge-1', '--reason', 'x')).exit, EXIT.failure)
  assert.equal((await ask(routes, 'devices', 'edge-9')).exit, EXIT.no)
})

test("a token's secret stands alone on stdout", async () => {
  const token = {
    id: 't2',
    name: 'fastnetmon',
    roles: [],
    scopes: ['blocks:write'],
    origin: 'automatic',
    session: false,
    until: null,
    revoked: false,
  }
  const routes: Routes = {
    'POST /v1/tokens': () => ({ status: 201, json: { ...token, secret: 'cordon_t2_x' } }),
    'GET /v1/tokens': () => ({ json: { tokens: [token] } }),
    'DELETE /v1/tokens/t2': () => ({ status: 204 }),
  }
  const line = [
    'token',
    'create',
    'fastnetmon',
    '--scope',
    'blocks:read,blocks:write',
    '--origin',
    'automatic',
  ]
  const made = await ask(routes, ...line, '--for', '90d')
  assert.equal(made.exit, EXIT.ok)
  assert.equal(made.stdout, 'cordon_t2_x\n')
  assert.doesNotMatch(made.stderr, /cordon_t2_x/)
  assert.deepEqual(made.api.seen[0]?.body, {
    name: 'fastnetmon',
    scopes: ['blocks:read', 'blocks:write'],
    origin: 'automatic',
    duration: '90d',
  })
  assert.equal((await ask(routes, ...line)).exit, EXIT.failure)
  const list = await ask(routes, 'token', 'list')
  assert.match(list.stdout, /t2 .*a machine .*valid .*never .*blocks:write/)
  assert.equal((await ask(routes, 'token', 'revoke', 't2')).exit, EXIT.ok)
  assert.equal((await ask(routes, 'token', 'revoke', 't3')).exit, EXIT.no)
})

test('a token that was perhaps made is not made twice', async () => {
  const routes: Routes = { 'POST /v1/tokens': () => 'drop' }
  const line = ['token', 'create', 'x', '--scope', 'blocks:read', '--origin', 'person', '--permanent']
  const { api, exit } = await ask(routes, ...line)
  assert.equal(exit, EXIT.failure)
  assert.equal(api.seen.length, 1)
})

test('automation: 0 when machines may block, 1 when anything stops them', async () => {
  const open = { stopped: false, breakers: [], muted: [], blocks: 3 }
  const at = new Date(NOW).toISOString()
  const tripped = {
    ...open,
    stopped: true,
    frozen: { by: 't1', reason: 'a look', at },
    breakers: [{ breaker: 'source:t2', limit: '11 attempts in a minute', source: 't2', at }],
    muted: [{ token: 't3', name: 'fastnetmon', by: 't1', reason: 'too noisy', at }],
  }
  const stopped = await ask({ 'GET /v1/automation': () => ({ json: tripped }) }, 'automation')
  assert.equal(stopped.exit, EXIT.no)
  for (const words of [/a look/, /11 attempts/, /too noisy/, /3 blocks are on/])
    assert.match(stopped.stdout, words)
  const routes: Routes = {
    'GET /v1/automation': () => ({ json: open }),
    'POST /v1/automation:reset': () => ({ json: open }),
    'POST /v1/automation:panic': () => ({ json: tripped }),
  }
  assert.equal((await ask(routes, 'automation')).exit, EXIT.ok)
  const reset = await ask(routes, 'automation', 'reset', 'source:t2')
  assert.deepEqual([reset.exit, reset.api.seen[0]?.body], [EXIT.ok, { breaker: 'source:t2' }])
  const unasked = await ask(routes, 'panic', '--reason', 'flood of false alarms')
  assert.deepEqual([unasked.exit, unasked.api.seen.length], [EXIT.failure, 0], 'nobody could be asked')
  const panicked = await ask(routes, 'panic', '--reason', 'flood of false alarms', '--yes')
  assert.deepEqual(
    [panicked.exit, panicked.api.seen[0]?.body],
    [EXIT.ok, { reason: 'flood of false alarms' }],
  )
})

test('help is an answer, a wrong command is not', async () => {
  assert.equal((await cordon(['--help'])).exit, EXIT.ok)
  assert.equal((await cordon(['block', '--help'])).exit, EXIT.ok)
  const none = await cordon([])
  assert.deepEqual([none.exit, none.stdout], [EXIT.failure, ''])
  for (const line of [['blcok'], ['token'], ['ledger'], ['token', 'steal'], ['blocks', 'extra']])
    assert.equal((await cordon(line)).exit, EXIT.failure, line.join(' '))
})
