import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVENT_GROUPS, typesIn } from '../../src/app/audit-filter.ts'
import type { LedgerEvent } from '../../src/ledger/events.ts'
import { SIDE_FIELDS } from '../../src/ledger/events.ts'
import { created, released } from '../helpers/events.ts'
import { put } from '../helpers/test-ledger.ts'
import { type Client, type Json, list, SCANNER, startFace } from './face.ts'

/** Types on a page, without what the reading of the audit itself recorded. */
function typesOf(page: Json): string[] {
  return list(page['entries']).map((entry) => String(entry['type']))
}

async function audit({ send }: Client, query = '', as?: string): Promise<Json> {
  const { status, json, text } = await send('GET', `/v1/audit${query}`, as === undefined ? {} : { as })
  assert.equal(status, 200, text)
  return json
}

/** All entries, page by page. */
async function all(client: Client, query: string, way: 'before' | 'after'): Promise<Json[]> {
  const entries: Json[] = []
  let at = way === 'after' ? '&after=0' : ''
  for (let pages = 0; pages < 500; pages += 1) {
    const page = await audit(client, `?${query}${at}`)
    entries.push(...list(page['entries']))
    if (page['next'] === undefined) return entries
    at = `&${way}=${String(page['next'])}`
  }
  throw new Error('it has no end')
}

test('every event of the ledger is in one group of the audit, and in no other', () => {
  const grouped = EVENT_GROUPS.flatMap((group) => typesIn(group))
  assert.deepEqual([...grouped].sort(), Object.keys(SIDE_FIELDS).sort())
})

test('an entry is readable by itself: who, what, which block, what was shown, in whose words', async (t) => {
  const client = await startFace(t)
  const { app, block, send } = client
  const ann = await app.person('Ann', ['analyst'])
  const bob = await app.person('Bob', ['approver'])
  const proposed = await block(
    { target: '10.10.1.0/24', direction: 'from', reason: 'worm', ticket: 'RT#7', duration: '1h' },
    { as: ann },
  )
  const id = String(proposed.json['id'])
  const plan = await send('GET', `/v1/blocks/${id}/plan`, { as: bob })
  const digest = String(plan.json['digest'])
  const agreed = await send('POST', `/v1/blocks/${id}:approve`, { as: bob, body: { digest } })
  assert.equal(agreed.status, 200, agreed.text)
  await send('POST', `/v1/blocks/${id}:release`, { as: ann, body: { why: 'cleaned' } })
  const machine = await app.machine()
  await block({ ...SCANNER, evidence: 'established' }, { as: machine })
  const entries = await all(client, 'kind=blocks,agreement', 'after')
  const [proposal, approval] = [entries[0], entries.find((one) => String(one['type']) === 'block.approved')]
  assert.equal(String(proposal?.['type']), 'block.proposed')
  assert.equal(String(proposal?.['who']?.['name']), 'Ann')
  assert.deepEqual([proposal?.['name'], proposal?.['reason'], proposal?.['ticket']].map(String), [
    `Cordon#${id}`,
    'worm',
    'RT#7',
  ])
  assert.equal(String(approval?.['digest']), digest)
  assert.equal(String(approval?.['who']?.['name']), 'Bob')
  assert.equal(String(approval?.['who']?.['person']), String(approval?.['person']))
  const release = entries.find((one) => String(one['type']) === 'block.released')
  assert.deepEqual([release?.['why'], release?.['who']?.['name']].map(String), ['cleaned', 'Ann'])
  const automatic = entries.find((one) => String(one['origin']?.['kind']) === 'automatic')
  assert.deepEqual([automatic?.['who']?.['name'], automatic?.['who']?.['person']], ['a trigger', undefined])
})

test('pages have no gap and no double, newest or oldest first', async (t) => {
  const client = await startFace(t)
  await put(
    client.app.ledger,
    Array.from({ length: 60 }, (_, n) => ({ type: 'device.freed' as const, device: `d${n}`, by: 't1' })),
  )
  await audit(client, '?limit=7')
  const down = (await all(client, 'limit=7', 'before')).map((one) => Number(one['seq']))
  const up = (await all(client, 'limit=7', 'after')).map((one) => Number(one['seq']))
  const { seq } = client.app.ledger.head
  assert.deepEqual(
    up,
    Array.from({ length: seq }, (_, index) => index + 1),
  )
  assert.deepEqual(down, [...up].reverse())
  const devices = await all(client, 'limit=4&kind=devices', 'before')
  assert.deepEqual(
    devices.map((one) => String(one['device'])).reverse(),
    Array.from({ length: 60 }, (_, n) => `d${n}`),
  )
})

test('it is narrowed by person, token, block, kind and time', async (t) => {
  const client = await startFace(t)
  const { app, block, send } = client
  const ann = await app.person('Ann', ['analyst'])
  const who = await send('GET', '/v1/whoami', { as: ann })
  const person = String(who.json['person']?.['id'])
  const token = String(who.json['token']?.['id'])
  const wait = { headers: { prefer: 'wait=10' } }
  await block(SCANNER, { as: ann, ...wait })
  app.skip(3_600_000)
  const middle = new Date(app.clock.now()).toISOString()
  await block({ ...SCANNER, target: '203.0.113.10' }, wait)
  const ofAnn = await audit(client, `?person=${person}`)
  assert.deepEqual(typesOf(ofAnn), ['request.answered', 'block.created', 'token.created', 'person.known'])
  assert.deepEqual(typesOf(await audit(client, `?token=${token}&kind=blocks`)), ['block.created'])
  await new Promise((resolve) => setTimeout(resolve, 400))
  const second = await audit(client, '?block=2&kind=block.created,blocks.reached')
  assert.deepEqual([...new Set(typesOf(second))].sort(), ['block.created', 'blocks.reached'])
  const early = await all(client, `to=${middle}&kind=block.created`, 'before')
  const late = await all(client, `from=${middle}&kind=block.created`, 'before')
  assert.deepEqual(
    [early, late].map((some) => some.map((one) => Number(one['block']))),
    [[1], [2]],
  )
})

test('it is narrowed by the target or the department of the blocks, also of those that left memory', async (t) => {
  const client = await startFace(t)
  const { app } = client
  await put(app.ledger, [
    { ...created(1), target: { kind: 'host', prefix: '10.10.1.7/32' } },
    { ...created(2), target: { kind: 'host', prefix: '10.10.2.7/32' } },
    { ...created(3), target: { kind: 'department', name: 'physics' }, expansion: ['10.10.1.0/24'] },
    released(1, 'a'),
    released(2, 'b'),
  ] as unknown as LedgerEvent[])
  const about = async (query: string) =>
    (await all(client, `kind=block.created,block.released&${query}`, 'before')).map(
      (one) => `${String(one['type'])} ${String(one['block'])}`,
    )
  const physics = ['block.released 1', 'block.created 3', 'block.created 1']
  assert.deepEqual(await about('department=physics'), physics)
  assert.deepEqual(await about('target=10.10.1.0/25'), physics)
  assert.deepEqual(await about('target=10.10.2.7'), ['block.released 2', 'block.created 2'])
  const [record] = await all(client, 'block=2', 'after')
  await app.ledger.redact([Number(record?.['seq'])], 't1')
  assert.deepEqual(await about('target=10.10.2.7'), [], 'what was erased is found no more')
})

test('what was erased is marked and gone', async (t) => {
  const client = await startFace(t)
  await put(client.app.ledger, [created(1), released(1, 'secret words')])
  const made = await audit(client, '?block=1')
  await client.app.ledger.redact(
    list(made['entries']).map((one) => Number(one['seq'])),
    't1',
  )
  const erased = list((await audit(client, '?block=1'))['entries'])
  assert.deepEqual(
    erased.map((one) => one['redacted'] as unknown),
    [true, true],
  )
  assert.doesNotMatch(JSON.stringify(erased), /secret words/)
})

test('each reading is recorded before it is answered, once a minute for one filter', async (t) => {
  const client = await startFace(t)
  const admin = await client.app.person('Ada', ['admin'])
  for (let times = 0; times < 5; times += 1) await audit(client, '?target=192.0.2.7', admin)
  await audit(client, '?target=192.0.2.7&limit=5&before=3', admin)
  await audit(client, '?target=192.0.2.8', admin)
  await audit(client, '?target=192.0.2.7')
  const reads = list((await audit(client, '?kind=reads&after=0'))['entries'])
  assert.deepEqual(
    reads.map((one) => [one['who']?.['name'], one['what'], one['about']].map(String)),
    [
      ['Ada', 'audit', 'target=192.0.2.7/32'],
      ['Ada', 'audit', 'target=192.0.2.8/32'],
      ['whoever runs the controller', 'audit', 'target=192.0.2.7/32'],
      ['whoever runs the controller', 'audit', 'kind=read.recorded'],
    ],
  )
  await client.app.ledger.redact([Number(reads[0]?.['seq'])], 't1')
  const after = list((await audit(client, '?kind=reads&after=0'))['entries'])
  assert.deepEqual([after[0]?.['redacted'], after[0]?.['about']] as unknown[], [true, undefined])
})

test('a request does bounded work and goes on where it was', async (t) => {
  const client = await startFace(t)
  const { ledger } = client.app
  await put(ledger, [created(1), released(1)])
  const some = Array.from({ length: 5_000 }, (_, n) => ({
    type: 'memo' as const,
    device: `d${n}`,
    memo: 'm',
  }))
  for (let times = 0; times < 9; times += 1) await put(ledger, some)
  let pages = 0
  let at = ''
  const found: number[] = []
  for (;;) {
    const page = await audit(client, `?target=203.0.113.0/24&block=1${at}`)
    found.push(...list(page['entries']).map((one) => Number(one['block'])))
    pages += 1
    if (page['next'] === undefined) break
    at = `&before=${String(page['next'])}`
  }
  assert.ok(pages >= 5, `${pages}`)
  assert.equal(found.length <= 2, true)
})

test('wrong filters say what is wrong, and whoever is bound to departments is refused', async (t) => {
  const client = await startFace(t)
  const asked = async (query: string) => {
    const { status, json } = await client.send('GET', `/v1/audit?${query}`)
    return [status, String(json['path'] ?? '')]
  }
  assert.deepEqual(await asked('kind=nonsense'), [400, 'kind'])
  assert.deepEqual(await asked('from=yesterday'), [400, 'from'])
  assert.deepEqual(await asked('to=2026-99-01T00:00:00Z'), [400, 'to'])
  assert.deepEqual(await asked('after=1&before=2'), [400, 'after'])
  assert.deepEqual(await asked('department=nowhere'), [400, 'department'])
  assert.deepEqual(await asked('target=10.0.0.1&department=physics'), [400, 'department'])
  assert.deepEqual(await asked('limit=0'), [400, 'limit'])
  const bound = await client.app.person('Ada', ['admin'], ['physics'])
  const refused = await client.send('GET', '/v1/audit', { as: bound })
  assert.deepEqual([refused.status, String(refused.json['code'])], [403, 'forbidden'])
})
