import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LedgerEvent } from '../../src/ledger/events.ts'
import { SCANNER } from './face.ts'
import { startStreaming } from './sse-client.ts'

/** More than the sockets between the two ends take in, so that the reader truly holds the stream up. */
const BATCHES = 16
const EACH = 1_000

async function startFlood(t: Parameters<typeof startStreaming>[0], stalled: number) {
  const streaming = await startStreaming(t, { stalled })
  const { app, block, follow } = streaming
  const id = Number((await block(SCANNER)).json['id'])
  const stream = await follow('?after=0')
  await stream.until(() => stream.frames.length > 0)
  stream.message.pause()
  const event: LedgerEvent = { type: 'block.amended', block: id, by: 't1', reason: 'x'.repeat(1_000) }
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const events = Array.from({ length: EACH }, () => event)
    await app.ledger.commit(() => ({ events, answer: undefined }), { bytes: EACH * 1_200, always: false })
  }
  return { ...streaming, stream, last: app.ledger.head.seq }
}

test('who reads slowly gets everything all the same, and nothing is kept for them', async (t) => {
  const { app, stream, last } = await startFlood(t, 60_000)
  assert.ok((stream.ids.at(-1) ?? 0) < last - 3_000, 'the stream was not held up; the flood is too small')
  assert.equal(app.ledger.head.seq, last)
  stream.message.resume()
  await stream.until(() => (stream.ids.at(-1) ?? 0) >= last)
  assert.deepEqual(
    stream.ids,
    stream.ids.map((_, index) => 1 + index),
  )
})

test('who reads nothing is let go, and finds the rest on return', async (t) => {
  const { app, stream, last, follow } = await startFlood(t, 200)
  // The server has let go as soon as all of the token's streams are free again.
  const others = []
  for (let tries = 0; others.length < 8 && tries < 500; tries += 1) {
    const other = await follow()
    if (other.message.statusCode === 200) others.push(other)
    else await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.equal(others.length, 8)
  stream.message.resume()
  await stream.until(() => stream.ended)
  const had = stream.ids.at(-1) ?? 0
  assert.ok(had < last)
  others[0]?.leave()
  let again = await follow('', { 'last-event-id': String(had) })
  for (let tries = 0; again.message.statusCode === 429 && tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    again = await follow('', { 'last-event-id': String(had) })
  }
  await again.until(() => (again.ids.at(-1) ?? 0) >= last)
  assert.equal(again.ids[0], had + 1)
  assert.equal(app.ledger.head.seq, last)
})
