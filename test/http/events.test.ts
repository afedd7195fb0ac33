import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCANNER } from './face.ts'
import { startStreaming } from './sse-client.ts'

const WAIT = { headers: { prefer: 'wait=10' } }

test('what is on disk and what comes is told in order, once, as the public form', async (t) => {
  const { app, block, send, follow } = await startStreaming(t)
  const made = await block({ ...SCANNER, ticket: 'RT#1' }, WAIT)
  const id = Number(made.json['id'])
  const stream = await follow('?after=0')
  assert.equal(stream.message.statusCode, 200)
  assert.match(String(stream.message.headers['content-type']), /^text\/event-stream/)
  assert.equal(stream.message.headers['cache-control'], 'no-store')
  await stream.until(() => stream.types.includes('block.created'))
  await send('DELETE', `/v1/blocks/${id}`)
  await stream.until(() => stream.types.includes('block.released'))
  await stream.until(() => stream.frames.some(({ data }) => String(data['reached']) === 'gone'))
  const { seq } = app.ledger.head
  await stream.until(() => stream.ids.at(-1) === seq)
  assert.deepEqual(
    stream.ids,
    Array.from({ length: seq }, (_, index) => index + 1),
  )
  const created = stream.frames.find(({ event }) => event === 'block.created')
  assert.deepEqual(
    { ...created?.data, at: '', until: '', seq: 0, origin: {} },
    {
      schema: 1,
      seq: 0,
      at: '',
      type: 'block.created',
      redacted: false,
      block: id,
      name: `Cordon#${id}`,
      target: '203.0.113.9/32',
      direction: 'from',
      action: 'drop',
      collateral: [],
      scope: 'local',
      targetKind: 'host',
      family: 4,
      prefixLength: 32,
      origin: {},
      reason: 'scans for ssh',
      ticket: 'RT#1',
      until: '',
      policy: 'manual',
    },
  )
})

test('without a number it begins now, and a return goes on where it was', async (t) => {
  const { app, block, follow } = await startStreaming(t)
  await block(SCANNER, WAIT)
  const first = await follow()
  await first.until(() => first.lastId !== undefined)
  assert.equal(first.frames.length, 0)
  const began = Number(first.lastId)
  assert.equal(began, app.ledger.head.seq)
  first.leave()
  await block({ ...SCANNER, target: '203.0.113.10' }, WAIT)
  const again = await follow('?after=0', { 'last-event-id': String(began) })
  await again.until(() => again.ids.at(-1) === app.ledger.head.seq)
  assert.deepEqual(again.ids[0], began + 1)
  assert.deepEqual(again.types.slice(0, 2), ['block.created', 'request.answered'])
})

test('many followers of a busy ledger miss nothing and hear nothing twice', async (t) => {
  const { app, send, follow } = await startStreaming(t)
  const streams = await Promise.all(
    [0, 3, 5].map((after) => follow(`?after=${Math.min(after, app.ledger.head.seq)}`)),
  )
  for (let round = 0; round < 6; round += 1) {
    const blocks = Array.from({ length: 500 }, (_, n) => ({
      ...SCANNER,
      target: `198.18.${round}.${n % 250}`,
    }))
    await send('POST', '/v1/blocks:batch', { body: { blocks }, headers: { 'idempotency-key': `b${round}` } })
    if (round === 3) streams.push(await follow('?after=0'))
  }
  const last = app.ledger.head.seq
  for (const stream of streams) {
    await stream.until(() => (stream.ids.at(-1) ?? 0) >= last)
    const [first = 0] = stream.ids
    assert.deepEqual(
      stream.ids,
      stream.ids.map((_, index) => first + index),
    )
  }
})

test('a token hears what its rights cover; the id moves on over the rest', async (t) => {
  const { app, block, send, follow, tokenOf } = await startStreaming(t, { keepAlive: 50 })
  const nobody = await tokenOf(['blocks:write'])
  const refused = await follow('', {}, nobody.secret)
  assert.equal(refused.message.statusCode, 403)
  const devices = await tokenOf(['devices:read'])
  const blocks = await tokenOf(['blocks:read'])
  const [ofDevices, ofBlocks] = [
    await follow('?after=0', {}, devices.secret),
    await follow('?after=0', {}, blocks.secret),
  ]
  await block(SCANNER, WAIT)
  await send('POST', '/v1/devices/edge-1:hold', { body: { duration: '1h', reason: 'work' } })
  await ofDevices.until(() => ofDevices.types.includes('device.held'))
  await ofBlocks.until(() => ofBlocks.types.includes('blocks.reached'))
  for (const stream of [ofDevices, ofBlocks])
    await stream.until(() => Number(stream.lastId) >= app.ledger.head.seq)
  assert.deepEqual(new Set(ofDevices.types), new Set(['device.held']))
  assert.deepEqual(new Set(ofBlocks.types), new Set(['block.created', 'blocks.reached']))
})

test('no secret, hash or digest is told', async (t) => {
  const { app, block, follow, tokenOf } = await startStreaming(t)
  await tokenOf(['blocks:read'])
  await block(SCANNER)
  const stream = await follow('?after=0')
  await stream.until(() => stream.ids.at(-1) === app.ledger.head.seq)
  const text = JSON.stringify(stream.frames)
  for (const { hash } of app.ledger.head.tokens.values()) assert.ok(!text.includes(hash))
  for (const { digest } of app.ledger.head.answered.values()) assert.ok(!text.includes(digest))
  assert.doesNotMatch(text, /digest|hash|secret/)
})

test('what was redacted is told without its personal data', async (t) => {
  const { app, block, send, follow } = await startStreaming(t)
  const live = await follow('?after=0')
  const id = Number((await block(SCANNER, WAIT)).json['id'])
  await send('POST', `/v1/blocks/${id}:release`, { body: { why: 'cleaned' } })
  await live.until(() => live.types.includes('block.released'))
  const own = live.frames
    .filter(({ data }) => Number(data['block']) === id)
    .map(({ data }) => Number(data['seq']))
  await app.ledger.redact(own, 't1')
  await live.until(() => live.types.includes('events.redacted'))
  for (const after of ['?after=0', `?after=${own.at(0)}`]) {
    const stream = await follow(after)
    await stream.until(() => stream.types.includes('events.redacted'))
    const told = stream.frames.filter(({ data }) => Number(data['block']) === id)
    assert.ok(told.length > 0)
    assert.ok(told.every(({ data }) => String(data['redacted']) === 'true'))
    assert.doesNotMatch(JSON.stringify(stream.frames), /203\.0\.113\.9|scans|cleaned/)
  }
})

test('numbers that the ledger does not have are refused', async (t) => {
  const { send } = await startStreaming(t)
  const cases: [string, Record<string, string>, number, string, string][] = [
    ['?after=99999', {}, 400, 'sequence-unknown', 'after'],
    ['', { 'last-event-id': '99999' }, 400, 'sequence-unknown', 'after'],
    ['', { 'last-event-id': 'soon' }, 400, 'invalid', 'Last-Event-ID'],
    ['?after=-1', {}, 400, 'invalid', 'after'],
    ['?after=x', {}, 400, 'invalid', 'after'],
    ['?since=1', {}, 400, 'invalid', 'since'],
  ]
  for (const [query, headers, status, code, path] of cases) {
    const answer = await send('GET', `/v1/events${query}`, { headers })
    assert.deepEqual([answer.status, answer.json['code'], answer.json['path']], [status, code, path], query)
  }
  assert.equal((await send('GET', '/v1/events', { as: null })).status, 401)
  assert.equal((await send('HEAD', '/v1/events')).status, 405)
})

test('a token has eight streams at once, and one more when one has ended', async (t) => {
  const { follow } = await startStreaming(t)
  const streams = await Promise.all(Array.from({ length: 8 }, () => follow()))
  const ninth = await follow()
  assert.equal(ninth.message.statusCode, 429)
  assert.equal(ninth.message.headers['retry-after'], '5')
  streams[0]?.leave()
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await follow()).message.statusCode === 200) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail('the stream that ended was never counted off')
})

test('a stream ends with its token, revoked or over', async (t) => {
  const { app, send, follow, tokenOf } = await startStreaming(t)
  const revoked = await tokenOf(['blocks:read'])
  const over = await tokenOf(['blocks:read'], app.clock.now() + 300)
  const streams = [await follow('', {}, revoked.secret), await follow('', {}, over.secret)]
  await send('DELETE', `/v1/tokens/${revoked.id}`)
  for (const stream of streams) {
    await stream.until(() => stream.ended)
    assert.deepEqual(stream.types, ['end'])
    assert.equal(stream.frames[0]?.data['code'], 'token-ended')
  }
})

test('a quiet stream says that it lives, and a stop of the server ends it', async (t) => {
  const { server, follow } = await startStreaming(t, { keepAlive: 20 })
  const stream = await follow()
  await stream.until(() => stream.comments >= 3)
  await server.close()
  await stream.until(() => stream.ended)
  assert.equal(stream.frames[0]?.data['code'], 'closing')
})
