import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPolicies } from '../../src/config/read-policies.ts'
import { list, startFace } from './face.ts'

const SHIPPED = new URL('../../policies/rules', import.meta.url).pathname

async function start(t: Parameters<typeof startFace>[0]) {
  const policies = (await readPolicies(SHIPPED)).map(({ policy }) => policy)
  const client = await startFace(t, { policies })
  const machine = await client.app.token(['triggers:write', 'blocks:read'], 'automatic')
  const hand = async (form: string, body: unknown) => {
    const { status, json } = await client.send('POST', `/v1/triggers/${form}`, { body, as: machine })
    assert.equal(status, 200, JSON.stringify(json))
    return { items: list(json['items']), ignored: list(json['ignored']) }
  }
  return { client, hand }
}

const FLOOD = {
  Format: 'IDEA0',
  ID: '4f1c',
  DetectTime: '2026-01-01T00:00:00Z',
  Category: ['Availability.DDoS'],
  Source: [{ IP4: ['198.51.100.7'], Proto: ['udp', 'ntp'], Port: [123] }],
  Target: [{ IP4: ['192.0.2.80'], Proto: ['udp'] }],
}

test('a record of IDEA0 becomes a block, and a Test or backscatter never does', async (t) => {
  const { client, hand } = await start(t)
  const exercise = await hand('idea', { ...FLOOD, ID: 'x', Category: ['Availability.DDoS', 'Test'] })
  assert.ok(exercise.items.length > 0)
  assert.ok(exercise.items.every(({ block }) => block === undefined))
  const scattered = await hand('idea', {
    ...FLOOD,
    ID: 'y',
    Source: [{ IP4: ['198.51.100.7'], Type: ['Backscatter'] }],
  })
  assert.deepEqual(scattered.items, [])
  assert.match(String(scattered.ignored[0]?.['why']), /backscatter/)
  assert.deepEqual(list((await client.send('GET', '/v1/blocks')).json['blocks']), [])
  const [victim] = (await hand('idea', FLOOD)).items
  assert.equal(victim?.['deed'], 'began')
  assert.equal(list((await client.send('GET', '/v1/blocks')).json['blocks']).length, 1)
})

test('an abuse report opens a case for a person, and never blocks anybody by itself', async (t) => {
  const { client, hand } = await start(t)
  const { items } = await hand('xarf', {
    xarf_version: '4.2.0',
    report_id: '5f0c9b0e',
    timestamp: '2026-01-01T01:00:00+01:00',
    reporter: { org: 'Example Hosting', contact: 'abuse@hosting.example', domain: 'hosting.example' },
    source_identifier: '192.0.2.80',
    category: 'connection',
    type: 'ddos',
    confidence: 1,
  })
  assert.equal(items.length, 1)
  assert.deepEqual([items[0]?.['verdict'], items[0]?.['deed']], ['ask', 'proposed'])
  const [only, ...more] = list((await client.send('GET', '/v1/blocks')).json['blocks'])
  assert.deepEqual([only?.['wanted'], only?.['standing'], more], ['proposed', 'proposed', []])
})
