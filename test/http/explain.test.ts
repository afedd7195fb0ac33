import assert from 'node:assert/strict'
import { test } from 'node:test'
import { list, SCANNER, startFace } from './face.ts'

test('explain says why an address is blocked', async (t) => {
  const { block, send } = await startFace(t)
  await block(SCANNER, { headers: { prefer: 'wait=10' } })
  await block({ ...SCANNER, target: '203.0.113.0/28' }, { headers: { prefer: 'wait=10' } })
  await block(
    { ...SCANNER, target: '10.10.1.7', direction: 'to', match: { source: '203.0.113.9' } },
    { headers: { prefer: 'wait=10' } },
  )
  const { status, json } = await send('GET', '/v1/explain?target=203.0.113.9')
  assert.equal(status, 200)
  assert.equal(json['target'], '203.0.113.9/32')
  assert.equal(json['own'], false)
  assert.deepEqual(
    list(json['active']).map((one) => [Number(one['id']), String(one['because'])]),
    [
      [1, 'it is the target'],
      [2, 'it shares addresses with the target 203.0.113.0/28'],
      [3, 'it is the other end (203.0.113.9/32) of what is blocked'],
    ],
  )
  assert.match(String(json['summary']), /3 active blocks affect 203\.0\.113\.9\/32, 3 of them in force/)
})

test('explain says why nothing is blocked, and what was', async (t) => {
  const { block, send } = await startFace(t)
  const never = await send('GET', '/v1/explain?target=10.10.1.9')
  assert.match(String(never.json['summary']), /nothing that Cordon did or remembers/)
  assert.deepEqual([never.json['own'], never.json['departments']], [true, ['physics']])
  await block(SCANNER, { headers: { prefer: 'wait=10' } })
  await send('DELETE', '/v1/blocks/1', { headers: { prefer: 'wait=10' } })
  const ended = await send('GET', '/v1/explain?target=203.0.113.9')
  assert.deepEqual(list(ended.json['active']), [])
  assert.equal(list(ended.json['ended'])[0]?.['standing'], 'ended')
  assert.match(String(ended.json['summary']), /nothing blocks .* the last block, 1, released/)
})

test('explain names what protects an address', async (t) => {
  const { send } = await startFace(t)
  const { json } = await send('GET', '/v1/explain?target=192.0.2.53')
  assert.deepEqual(json['protected'], [{ prefix: '192.0.2.53/32', role: 'any', name: 'resolver' }])
})
