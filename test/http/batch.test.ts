import assert from 'node:assert/strict'
import { test } from 'node:test'
import { list, SCANNER, startFace } from './face.ts'

test('each item of a batch has an answer of its own, in order', async (t) => {
  const { app, send } = await startFace(t)
  const blocks = [
    { ...SCANNER, target: '203.0.113.1' },
    { ...SCANNER, target: 'nonsense' },
    'not even an object',
    { ...SCANNER, target: '192.0.2.53' },
    { ...SCANNER, color: 'red' },
    { ...SCANNER, target: '203.0.113.2' },
  ]
  const answer = await send('POST', '/v1/blocks:batch', {
    body: { blocks },
    headers: { 'idempotency-key': 'b' },
  })
  assert.equal(answer.status, 200)
  const items = list(answer.json['items'])
  assert.deepEqual(
    items.map((item) => [
      item['status'],
      item['id'],
      item['version'],
      item['problem']?.['code'],
      item['problem']?.['path'],
    ]),
    [
      [201, 1, 1, undefined, undefined],
      [400, undefined, undefined, 'prefix-malformed', 'target'],
      [400, undefined, undefined, 'invalid', ''],
      [422, undefined, undefined, 'guard-refused', undefined],
      [400, undefined, undefined, 'invalid', 'color'],
      [201, 2, 1, undefined, undefined],
    ],
  )
  assert.equal(app.ledger.head.blocks.size, 2)
})

test('a batch under the same key makes nothing twice', async (t) => {
  const { app, send } = await startFace(t)
  const headers = { 'idempotency-key': 'b' }
  const body = { blocks: [SCANNER, { ...SCANNER, target: '192.0.2.53' }, {}] }
  await send('POST', '/v1/blocks:batch', { body, headers })
  const again = await send('POST', '/v1/blocks:batch', { body, headers })
  assert.equal(again.headers['idempotency-replayed'], 'true')
  assert.deepEqual(
    list(again.json['items']).map((item) => [Number(item['status']), item['problem']?.['code']]),
    [
      [201, undefined],
      [409, 'answered-before'],
      [400, 'invalid'],
    ],
  )
  assert.equal(app.ledger.head.blocks.size, 1)
  const other = await send('POST', '/v1/blocks:batch', {
    body: { blocks: [{ ...SCANNER, reason: 'x' }] },
    headers,
  })
  assert.deepEqual([other.status, other.json['code']], [422, 'idempotency-mismatch'])
})

test('a batch has a form and a size', async (t) => {
  const { send } = await startFace(t)
  const headers = { 'idempotency-key': 'b' }
  for (const [body, path] of [
    [[SCANNER], ''],
    [{}, 'blocks'],
    [{ blocks: [] }, 'blocks'],
    [{ blocks: SCANNER }, 'blocks'],
    [{ blocks: [SCANNER], dryRun: true }, 'dryRun'],
    [{ blocks: Array.from({ length: 1_001 }, () => SCANNER) }, 'blocks'],
  ] as const) {
    const answer = await send('POST', '/v1/blocks:batch', { body, headers })
    assert.deepEqual([answer.status, answer.json['path']], [400, path])
  }
})

test('a thousand blocks go at once', async (t) => {
  const { app, send } = await startFace(t)
  const blocks = Array.from({ length: 1_000 }, (_, index) => ({
    ...SCANNER,
    target: `203.0.${Math.trunc(index / 250)}.${(index % 250) + 1}`,
  }))
  const answer = await send('POST', '/v1/blocks:batch', {
    body: { blocks },
    headers: { 'idempotency-key': 'b' },
  })
  assert.equal(
    list(answer.json['items']).every((item) => Number(item['status']) === 201),
    true,
  )
  assert.equal(app.ledger.head.blocks.size, 1_000)
})
