import assert from 'node:assert/strict'
import { test } from 'node:test'
import { list, SCANNER, startFace } from './face.ts'

test('devices are listed and shown', async (t) => {
  const { block, send } = await startFace(t)
  await block(SCANNER, { headers: { prefer: 'wait=10' } })
  const all = await send('GET', '/v1/devices')
  assert.deepEqual(
    list(all.json['devices']).map((device) => [device['name'], device['state'], device['entries']]),
    [
      ['edge-1', 'ready', 1],
      ['edge-2', 'ready', 1],
    ],
  )
  const one = await send('GET', '/v1/devices/edge-2')
  assert.deepEqual([one.json['kind'], one.json['evidence'], one.json['backlog']], ['memory', 'read-back', 0])
  assert.match(String(one.json['since']), /^\d{4}-.*Z$/)
})

test('a held device is left alone until it is freed', async (t) => {
  const { app, block, send } = await startFace(t)
  await block({ ...SCANNER, target: '203.0.113.1' }, { headers: { prefer: 'wait=10' } })
  const held = await send('POST', '/v1/devices/edge-1:hold', {
    body: { duration: '1h', reason: 'new line card' },
  })
  assert.deepEqual(
    [held.status, held.json['state'], held.json['hold']?.['reason']],
    [200, 'held', 'new line card'],
  )
  const partial = await block(SCANNER, { headers: { prefer: 'wait=1' } })
  assert.equal(partial.json['standing'], 'partial')
  assert.equal(app.devices.get('edge-1')?.rules.size, 1)
  const freed = await send('POST', '/v1/devices/edge-1:free')
  assert.deepEqual([freed.json['state'], freed.json['hold']], ['ready', undefined])
  const waited = await block({ ...SCANNER, target: '203.0.113.2' }, { headers: { prefer: 'wait=10' } })
  assert.equal(waited.json['standing'], 'in-force')
  assert.equal(app.devices.get('edge-1')?.rules.size, 3)
})

test('a hold has one end, and a reason', async (t) => {
  const { send } = await startFace(t)
  const cases: [object, string][] = [
    [{ reason: 'x' }, 'duration'],
    [{ duration: '1h' }, 'reason'],
    [{ duration: '1h', until: '2999-01-01T00:00:00Z', reason: 'x' }, 'until'],
    [{ until: '2001-01-01T00:00:00Z', reason: 'x' }, 'until'],
    [{ permanent: true, reason: 'x' }, 'permanent'],
  ]
  for (const [body, path] of cases) {
    const answer = await send('POST', '/v1/devices/edge-1:hold', { body })
    assert.deepEqual([answer.status, answer.json['path']], [400, path])
  }
  for (const verb of ['hold', 'free', 'resync']) {
    const body = verb === 'hold' ? { duration: '1h', reason: 'x' } : undefined
    assert.equal((await send('POST', `/v1/devices/none:${verb}`, { body })).status, 404)
  }
})

test('a resync puts back what someone took away', async (t) => {
  const { app, block, send } = await startFace(t)
  await block(SCANNER, { headers: { prefer: 'wait=10' } })
  app.devices.get('edge-1')?.rules.clear()
  assert.equal((await send('POST', '/v1/devices/edge-1:resync')).status, 200)
  for (let tries = 0; tries < 100 && app.devices.get('edge-1')?.rules.size === 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(app.devices.get('edge-1')?.rules.size, 1)
})

test('a device that refuses is told in the block and in the list', async (t) => {
  const { block, send } = await startFace(t, { edge: { maxEntries: 1 } })
  await block({ ...SCANNER, target: '203.0.113.1' }, { headers: { prefer: 'wait=10' } })
  const failed = await block(SCANNER, { headers: { prefer: 'wait=10' } })
  assert.equal(failed.status, 201)
  assert.equal(failed.json['standing'], 'failed')
  assert.equal(list(failed.json['holdings'])[0]?.['error']?.['class'], 'capacity')
  assert.equal((await send('GET', '/v1/devices/edge-1')).json['failing'], 1)
})
