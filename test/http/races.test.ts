import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { buildInventory } from '../../src/inventory/inventory.ts'
import { manualPolicy } from '../../src/policy/command.ts'
import { list, startFace } from './face.ts'

const BLOCK = { target: '10.10.5.5', reason: 'scans', duration: '1h' }

test('what becomes protected while a block is looked at is not blocked', async (t) => {
  const c = await startFace(t)
  const entry = { prefix: parsePrefix('10.10.5.5/32'), role: 'any', name: 'new resolver' } as const
  const lists = c.app.site.lists
  const later = buildInventory({ ...lists, protected: [...lists.protected, entry] })
  // The last moment before the guards have been asked by the inventory of before.
  const policy: typeof manualPolicy = (asked) => {
    c.app.inventory = later
    c.app.engine.placements.adopt(later)
    return manualPolicy(asked)
  }
  Object.assign(c.app, { policy })
  const made = await c.block(BLOCK)
  assert.equal(made.status, 422, made.text)
  assert.deepEqual(
    list(made.json['refusals']).map(({ code }) => String(code)),
    ['protected'],
  )
})

test('a token that is revoked while its request is on the way does nothing more', async (t) => {
  const c = await startFace(t)
  const ann = await c.app.person('Ann', ['analyst'])
  const [, id] = ann.split('_')
  async function* slow(): AsyncGenerator<Buffer> {
    const [first, rest] = [JSON.stringify(BLOCK).slice(0, 9), JSON.stringify(BLOCK).slice(9)]
    yield Buffer.from(first)
    await wait(50)
    assert.equal((await c.send('DELETE', `/v1/tokens/${id}`)).status, 204)
    yield Buffer.from(rest)
  }
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'slow' }
  const made = await c.send('POST', '/v1/blocks', { as: ann, body: Readable.from(slow()), headers })
  assert.equal(made.status, 401, made.text)
  assert.equal(list((await c.send('GET', '/v1/blocks')).json['blocks']).length, 0)
})
