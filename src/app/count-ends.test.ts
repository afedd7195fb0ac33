import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeApp } from '../../test/helpers/app.ts'
import { until } from '../../test/helpers/bird.ts'
import { clientOf, SCANNER } from '../../test/http/face.ts'
import { buildServer } from '../http/server.ts'
import type { BlockCounted, LedgerEvent } from '../ledger/events.ts'
import { countEnds } from './count-ends.ts'

const WAIT = { headers: { prefer: 'wait=10' } }

async function site(t: { after(run: () => Promise<void>): void }, counts: boolean) {
  const app = await makeApp({ edge: { counts } })
  const server = buildServer(app, { version: '0.0.0-test' })
  const counting = countEnds(app)
  t.after(async () => {
    await counting.close()
    await server.close()
    await app.close()
  })
  const client = await clientOf(app, server)
  return { ...client, app, counting }
}

async function countedIn(history: AsyncIterable<{ readonly event: LedgerEvent }>): Promise<BlockCounted[]> {
  const found: BlockCounted[] = []
  for await (const { event } of history) if (event.type === 'block.counted') found.push(event)
  return found
}

test('what a block had met is on record once it has ended, and once', async (t) => {
  const { app, counting, block, send } = await site(t, true)
  const { json: made } = await block(SCANNER, WAIT)
  const id = String(made['id'])
  // Counters are first read within some seconds.
  await until(() => [...app.engine.devices.values()].every(({ hits }) => hits?.since !== undefined))
  const [rule = ''] = app.devices.get('edge-1')?.rules.keys() ?? []
  app.devices.get('edge-1')?.hit(rule, 3, 300)
  app.devices.get('edge-2')?.hit(rule, 2, 200)
  await send('GET', `/v1/blocks/${id}/hits`)
  assert.equal((await send('DELETE', `/v1/blocks/${id}`, WAIT)).status, 200)
  await counting.close()
  const found = await countedIn(app.ledger.history())
  assert.deepEqual(found, [{ type: 'block.counted', block: 1, packets: 5, bytes: 500, devices: 2 }])
  const { json } = await send('GET', `/v1/blocks/${id}/history`)
  assert.match(JSON.stringify(json), /"type":"counted","redacted":false,"packets":5,"bytes":500/)
})

test('a block that ends before all counters were read has the count of those that somebody has looked at', async (t) => {
  const { app, counting, block, send } = await site(t, true)
  const { json: made } = await block(SCANNER, WAIT)
  await until(() => app.ledger.head.blocks.get(1)?.seenOn.length === 2)
  const [rule = ''] = app.devices.get('edge-1')?.rules.keys() ?? []
  app.devices.get('edge-1')?.hit(rule, 3, 300)
  await send('GET', `/v1/blocks/${String(made['id'])}/hits`)
  assert.equal((await send('DELETE', `/v1/blocks/${String(made['id'])}`, WAIT)).status, 200)
  await counting.close()
  const [found] = await countedIn(app.ledger.history())
  assert.deepEqual([found?.packets, found?.bytes], [3, 300])
})

test('a block that no device counts has no count, and neither has one that never began', async (t) => {
  const { app, counting, block, send } = await site(t, false)
  await block(SCANNER, WAIT)
  await block({ ...SCANNER, target: 'department:physics', direction: 'to' })
  for (const id of [1, 2]) assert.equal((await send('DELETE', `/v1/blocks/${id}`)).status, 200)
  await counting.close()
  assert.deepEqual(await countedIn(app.ledger.history()), [])
})

test('the departments of a target are on record in clear, and no address with them', async (t) => {
  const { app, block } = await site(t, false)
  await block({ ...SCANNER, target: '10.10.1.7', direction: 'to' })
  await block({ ...SCANNER, target: '10.10.0.0/22', direction: 'to' })
  await block(SCANNER)
  const made: unknown[] = []
  for await (const { event } of app.ledger.history())
    if (event.type === 'block.created' || event.type === 'block.proposed') made.push(event.departments)
  assert.deepEqual(made, [['physics'], ['law', 'physics'], undefined])
})
