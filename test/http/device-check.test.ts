import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withAction } from '../../src/domain/rule.ts'
import { type Json, list, SCANNER, startFace } from './face.ts'

const WAIT = { headers: { prefer: 'wait=10' } }
const NOTHING = { missing: 0, extra: 0, different: 0, uncertain: 0, waiting: 0, leaving: 0 }

function found(check: Json): string[][] {
  return list(check['findings']).map((one) => [String(one['what']), String(one['rule'])])
}

test('a device as wanted is in line', async (t) => {
  const { block, send, app } = await startFace(t)
  await block(SCANNER, WAIT)
  app.devices.get('edge-1')?.foreign.set('theirs', 'permit')
  const { status, json } = await send('POST', '/v1/devices/edge-1:check')
  assert.equal(status, 200)
  assert.match(String(json['readAt']), /Z$/)
  assert.equal(typeof json['tookMs'], 'number')
  assert.deepEqual(
    { ...json, readAt: '', tookMs: 0 },
    {
      device: 'edge-1',
      kind: 'memory',
      inLine: true,
      readAt: '',
      tookMs: 0,
      wanted: 1,
      held: 1,
      foreign: 1,
      counts: NOTHING,
      findings: [],
      enforcers: [],
    },
  )
})

test('what others did is found, named with its blocks, and left as it is', async (t) => {
  const { block, send, app } = await startFace(t)
  const ids: number[] = []
  for (const host of [1, 2, 3])
    ids.push(Number((await block({ ...SCANNER, target: `203.0.113.${host}` }, WAIT)).json['id']))
  const device = app.devices.get('edge-1')
  assert.ok(device)
  const [first, second, third] = [...device.rules.values()]
  assert.ok(first && second && third)
  device.rules.delete(first.key)
  device.rules.set(second.key, withAction(second, { do: 'rate-limit', bytesPerSecond: 5 }))
  const extra = { ...third, key: third.key.replace('203.0.113.3', '203.0.113.99') }
  device.rules.set(extra.key, extra)
  const before = JSON.stringify([...device.rules.keys()])
  for (const _ of [1, 2]) {
    const { json } = await send('POST', '/v1/devices/edge-1:check')
    assert.deepEqual([json['inLine'], json['held'], json['wanted']], [false, 3, 3])
    assert.deepEqual(json['counts'], { ...NOTHING, missing: 1, extra: 1, different: 1 })
    assert.deepEqual(found(json).sort(), [
      ['different', second.key],
      ['extra', extra.key],
      ['missing', first.key],
    ])
    const different = list(json['findings']).find((one) => String(one['what']) === 'different')
    assert.deepEqual(
      [different?.['blocks'], different?.['wanted'], different?.['found']],
      [[ids[1]], 'drop', { rateLimit: 5 }],
    )
    assert.equal(JSON.stringify([...device.rules.keys()]), before)
  }
  assert.equal((await send('GET', '/v1/devices/edge-1')).json['entries'], 3)
  await send('POST', '/v1/devices/edge-1:resync')
  for (let tries = 0; tries < 200; tries += 1) {
    if (String((await send('POST', '/v1/devices/edge-1:check')).json['inLine']) === 'true') return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.fail('the resync did not bring it in line')
})

test('what is known and under way is no drift', async (t) => {
  const { block, send } = await startFace(t)
  const { json } = await block({ ...SCANNER, target: '203.0.113.1' }, WAIT)
  await send('POST', '/v1/devices/edge-1:hold', { body: { duration: '1h', reason: 'work' } })
  await block(SCANNER, { headers: { prefer: 'wait=1' } })
  await send('DELETE', `/v1/blocks/${String(json['id'])}`)
  const checked = await send('POST', '/v1/devices/edge-1:check')
  assert.deepEqual(checked.json['counts'], { ...NOTHING, waiting: 1, leaving: 1 })
  assert.equal(checked.json['inLine'], true)
})

test('what the device refuses is told with its words', async (t) => {
  const { block, send } = await startFace(t, { edge: { maxEntries: 1 } })
  await block({ ...SCANNER, target: '203.0.113.1' }, WAIT)
  await block(SCANNER, WAIT)
  const { json } = await send('POST', '/v1/devices/edge-1:check')
  const [finding] = list(json['findings'])
  assert.deepEqual([finding?.['what'], finding?.['error']?.['class']], ['waiting', 'capacity'])
})

test('it needs the right to see devices and blocks, and a device', async (t) => {
  const { app, send } = await startFace(t)
  for (const [has, lacks] of [
    ['devices:read', 'blocks:read'],
    ['blocks:read', 'devices:read'],
  ] as const) {
    const refused = await send('POST', '/v1/devices/edge-1:check', { as: await app.token([has]) })
    assert.equal(refused.status, 403)
    assert.match(String(refused.json['detail']), new RegExp(lacks))
  }
  assert.equal((await send('POST', '/v1/devices/none:check')).status, 404)
  assert.equal((await send('POST', '/v1/devices/edge-1:check', { body: { fix: true } })).status, 400)
})
