import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildServer } from '../../src/http/server.ts'
import { makeApp } from '../helpers/app.ts'
import { clientOf, SCANNER, startFace } from './face.ts'

const key = (text: string) => ({ headers: { 'idempotency-key': text } })

test('a key is needed and must be sensible', async (t) => {
  const { send } = await startFace(t)
  for (const url of ['/v1/blocks', '/v1/blocks:batch']) {
    const body = url.endsWith('batch') ? { blocks: [SCANNER] } : SCANNER
    const none = await send('POST', url, { body })
    assert.deepEqual([none.status, none.json['code']], [400, 'idempotency-key-missing'])
    const long = await send('POST', url, { body, ...key('k'.repeat(201)) })
    assert.deepEqual([long.status, long.json['path']], [400, 'Idempotency-Key'])
  }
})

test('the same request under the same key gets the same block', async (t) => {
  const { app, block } = await startFace(t)
  const first = await block(SCANNER, key('a'))
  const again = await block(SCANNER, key('a'))
  assert.deepEqual([again.status, again.json['id']], [201, first.json['id']])
  assert.equal(again.headers['idempotency-replayed'], 'true')
  assert.equal(first.headers['idempotency-replayed'], undefined)
  assert.equal(app.ledger.head.nextBlock, 2)
})

test('many at once under one key make one block', async (t) => {
  const { app, block } = await startFace(t)
  const answers = await Promise.all(Array.from({ length: 20 }, () => block(SCANNER, key('race'))))
  assert.deepEqual([...new Set(answers.map((answer) => Number(answer.json['id'])))], [1])
  assert.equal(app.ledger.head.blocks.size, 1)
})

test('another request under the same key is refused', async (t) => {
  const { block } = await startFace(t)
  await block(SCANNER, key('a'))
  const other = await block({ ...SCANNER, duration: '2h' }, key('a'))
  assert.deepEqual([other.status, other.json['code']], [422, 'idempotency-mismatch'])
})

test("one token's key says nothing about another's", async (t) => {
  const { app, block } = await startFace(t)
  const other = await app.token(['blocks:write'])
  await block(SCANNER, key('a'))
  assert.equal((await block(SCANNER, { ...key('a'), as: other })).json['id'], 2)
})

test('a refused request is not remembered', async (t) => {
  const { block } = await startFace(t)
  const refused = await block({ ...SCANNER, target: '192.0.2.53' }, key('a'))
  assert.equal(refused.status, 422)
  assert.equal((await block(SCANNER, key('a'))).status, 201)
})

test('a key is remembered across a restart', async (t) => {
  const before = await makeApp()
  const secret = await before.root()
  const first = buildServer(before, { version: '1' })
  const made = await (await clientOf(before, first)).block(SCANNER, key('a'))
  await first.close()
  await before.stop()
  const after = await makeApp({ folder: before.folder })
  const second = buildServer(after, { version: '1' })
  t.after(() => second.close().then(() => after.close()))
  const client = await clientOf(after, second, secret)
  const again = await client.block(SCANNER, key('a'))
  assert.deepEqual([again.status, again.json['id']], [201, made.json['id']])
  assert.equal((await client.block({ ...SCANNER, reason: 'x' }, key('a'))).status, 422)
})
