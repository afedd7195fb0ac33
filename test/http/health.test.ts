import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildServer } from '../../src/http/server.ts'
import { makeApp } from '../helpers/app.ts'
import { fillingDisk } from '../helpers/filling-disk.ts'
import { clientOf, list, SCANNER, startFace } from './face.ts'

test('health needs no token and says nothing of blocks', async (t) => {
  const { send } = await startFace(t)
  assert.deepEqual((await send('GET', '/livez', { as: null })).json, { status: 'live' })
  const ready = await send('GET', '/readyz', { as: null })
  assert.equal(ready.status, 200)
  assert.equal(ready.json['ready'], true)
})

test('a device in trouble is listed and does not make the controller unready', async (t) => {
  const { app, send } = await startFace(t, { edge: { latencyMs: 5_000 } })
  app.devices.get('edge-1')?.cut('power was lost')
  const ready = await send('GET', '/readyz', { as: null })
  assert.equal(ready.status, 200)
  assert.equal(list(ready.json['devices'])[0]?.['name'], 'edge-1')
})

test('metrics count what happens and name nobody', async (t) => {
  const { app, block, send } = await startFace(t)
  await block({ ...SCANNER, reason: 'secret reason' }, { headers: { prefer: 'wait=10' } })
  await block({ ...SCANNER, target: '192.0.2.53' })
  await send('GET', '/v1/blocks/1')
  await new Promise((resolve) => setTimeout(resolve, 400))
  const { status, text, headers } = await send('GET', '/metrics')
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'cordon_build_info{version="0.0.0-test"} 1',
    'cordon_blocks{wanted="on"} 1',
    'cordon_blocks{wanted="off"} 0',
    'cordon_decisions_total{policy="manual",verdict="block"} 1',
    'cordon_decisions_total{policy="guards",verdict="refuse"} 1',
    'cordon_guard_refusals_total{guard="protected"} 1',
    'cordon_device_up{device="edge-1"} 1',
    'cordon_device_entries{device="edge-2"} 1',
    'cordon_device_backlog{device="edge-1"} 0',
    'cordon_device_failing{device="edge-1"} 0',
    'cordon_time_to_enforce_seconds_count{device="edge-1"} 1',
    'cordon_device_call_seconds_count{device="edge-1",call="apply"} 1',
    'cordon_http_request_duration_seconds_count{method="GET",route="/v1/blocks/{id}",status="200"} 1',
    'cordon_http_request_duration_seconds_count{method="POST",route="/v1/blocks",status="422"} 1',
  ])
    assert.ok(text.split('\n').includes(line), line)
  assert.match(text, /^cordon_ledger_seq \d+$/m)
  assert.doesNotMatch(text, /203\.0\.113|192\.0\.2|secret reason/)
  assert.equal(text.includes(await app.root()), false)
})

test('a stepped wall clock is an alarm, and no reason to be unready', async (t) => {
  const { send } = await startFace(t, { clockDrift: -3_600_000 })
  const { status, json } = await send('GET', '/readyz', { as: null })
  assert.equal(status, 200)
  assert.match(String(json['alarms']), /stepped 3600 s back/)
  assert.match((await send('GET', '/metrics')).text, /^cordon_clock_drift_seconds -3600$/m)
})

test('two servers in one process do not share their numbers', async (t) => {
  const first = await startFace(t)
  const second = await startFace(t)
  await first.block(SCANNER)
  assert.match((await second.send('GET', '/metrics')).text, /cordon_blocks\{wanted="on"\} 0/)
})

test('on a full disk nothing new is taken, releases are, and readyz says so', async (t) => {
  const disk = { full: false }
  const app = await makeApp({ files: (folder) => fillingDisk(folder, disk) })
  const server = buildServer(app, { version: '1' })
  t.after(() => server.close().then(() => app.close()))
  const { block, send } = await clientOf(app, server)
  await block(SCANNER)
  disk.full = true
  for (const length of [100, 10, 1]) {
    const blocks = Array.from({ length }, () => ({ ...SCANNER, reason: 'r'.repeat(1_000) }))
    let answer = await send('GET', '/livez')
    for (let round = 0; round < 100 && answer.status === 200; round += 1) {
      const headers = { 'idempotency-key': `fill-${length}-${round}` }
      answer = await send('POST', '/v1/blocks:batch', { body: { blocks }, headers })
    }
    assert.deepEqual([answer.status, answer.json['code']], [507, 'ledger-full'])
    assert.equal(answer.headers['retry-after'], '30')
  }
  const released = await send('DELETE', '/v1/blocks/1')
  assert.deepEqual([released.status, released.json['wanted']], [200, 'off'])
  const small = await send('GET', '/readyz', { as: null })
  assert.deepEqual([small.status, small.json['ready']], [503, false])
  assert.match(String(list(small.json['reasons'])[0]), /disk of the ledger is full/)
})

test('what was not expected is 500, logged, and told to nobody', async (t) => {
  const logged: string[] = []
  const app = await makeApp()
  const broken = {
    ...app,
    engine: { devices: new Map(), holdings: () => assert.fail('the password is swordfish') },
  }
  const server = buildServer(broken as unknown as typeof app, {
    version: '1',
    log: { ...app.log, error: (fields) => logged.push(String(fields['error'])) },
  })
  t.after(() => server.close().then(() => app.close()))
  const secret = await app.root()
  const client = await clientOf(app, server, secret)
  const healthy = buildServer(app, { version: '1' })
  await (await clientOf(app, healthy, secret)).block(SCANNER)
  const answer = await client.send('GET', '/v1/blocks/1')
  assert.deepEqual([answer.status, answer.json['code']], [500, 'internal'])
  assert.doesNotMatch(answer.text, /swordfish/)
  assert.match(logged.join(), /swordfish/)
})
