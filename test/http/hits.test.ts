import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, list, SCANNER, startFace } from './face.ts'

const WAIT = { headers: { prefer: 'wait=10' } }

test('what the rules of a block met, on each device and in all', async (t) => {
  const { app, block, send } = await startFace(t, { edge: { counts: true } })
  const { json: made } = await block(SCANNER, WAIT)
  const path = `/v1/blocks/${String(made['id'])}/hits`
  const [rule = ''] = app.devices.get('edge-1')?.rules.keys() ?? []
  const none = (await send('GET', path)).json
  assert.deepEqual([none['packets'], none['lastHit']], [0, undefined])
  assert.deepEqual(
    list(none['devices']).map((one) => [one['device'], one['counts'], list(one['rules']).length]),
    [
      ['edge-1', true, 1],
      ['edge-2', true, 1],
    ],
  )
  app.devices.get('edge-1')?.hit(rule, 3, 300)
  app.devices.get('edge-2')?.hit(rule, 2, 200)
  const { json } = await send('GET', path)
  assert.deepEqual([json['name'], json['packets'], json['bytes']], ['Cordon#1', 5, 500])
  const [first] = list(json['devices'])
  const [counted] = list(first?.['rules'])
  assert.deepEqual(
    [counted?.['rule'], counted?.['packets'], counted?.['bytes'], counted?.['resets']],
    [rule, 3, 300, 0],
  )
  assert.equal(json['lastHitPrecision'], 60)
})

test('growth is a hit; a counter that begins anew makes no total fall', async (t) => {
  const { app, block, send } = await startFace(t, { edge: { counts: true } })
  const { json: made } = await block(SCANNER, WAIT)
  const path = `/v1/blocks/${String(made['id'])}/hits`
  const device = app.devices.get('edge-1')
  const [rule = ''] = device?.rules.keys() ?? []
  device?.hit(rule, 3, 300)
  await send('GET', path)
  device?.hit(rule, 1, 100)
  const grown = (await send('GET', path)).json
  assert.match(String(grown['lastHit']), /Z$/)
  device?.hits.clear()
  device?.hit(rule, 2, 200)
  const { json } = await send('GET', path)
  assert.equal(json['packets'], 6)
  assert.equal(list(list(json['devices'])[0]?.['rules'])[0]?.['resets'], 1)
  const metrics = (await send('GET', '/metrics')).text
  assert.match(metrics, /cordon_hit_packets_total\{device="edge-1"\} 3\n/)
})

test('fresh=false tells what was read last and asks no device', async (t) => {
  const { app, block, send } = await startFace(t, { edge: { counts: true } })
  const { json: made } = await block(SCANNER, WAIT)
  const path = `/v1/blocks/${String(made['id'])}/hits`
  const device = app.devices.get('edge-1')
  const [rule = ''] = device?.rules.keys() ?? []
  device?.hit(rule, 3, 300)
  await send('GET', path)
  device?.hit(rule, 9, 900)
  const packets = async (query: string): Promise<Json | undefined> =>
    (await send('GET', path + query)).json['packets']
  assert.deepEqual([await packets('?fresh=false'), await packets('?fresh=true')], [3, 12])
  assert.equal((await send('GET', `${path}?fresh=soon`)).status, 400)
})

test('devices that do not count say so; a block that ended has no rules left', async (t) => {
  const { block, send } = await startFace(t)
  const { json: made } = await block(SCANNER, WAIT)
  const path = `/v1/blocks/${String(made['id'])}/hits`
  const [device] = list((await send('GET', path)).json['devices'])
  assert.deepEqual([device?.['counts'], device?.['error']?.['class']], [false, 'unsupported'])
  assert.match(String(device?.['error']?.['words']), /kind memory do not count/)
  assert.equal((await send('GET', '/v1/blocks/99/hits')).status, 404)
})

test('after the end nothing is counted, and who may not see blocks sees no hits', async (t) => {
  const { app, block, send } = await startFace(t, { edge: { counts: true } })
  const { json: made } = await block(SCANNER, WAIT)
  const path = `/v1/blocks/${String(made['id'])}/hits`
  await send('DELETE', `/v1/blocks/${String(made['id'])}`, WAIT)
  const { json, status } = await send('GET', path)
  assert.equal(status, 200)
  assert.ok(list(json['devices']).every((one) => list(one['rules']).length === 0))
  assert.equal((await send('GET', path, { as: await app.token(['devices:read']) })).status, 403)
})
