import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { folderFiles } from '../../src/ledger/files.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { until } from '../helpers/bird.ts'
import { type Client, type Json, list, SCANNER, startFace } from './face.ts'

const DAY = 24 * 3_600_000
const WAIT = { headers: { prefer: 'wait=10' } }
const KEPT = { retention: { blocks: 30 * DAY, reads: 30 * DAY } }

async function ended({ block, send }: Client, body: object): Promise<string> {
  const { json } = await block(body, WAIT)
  const id = String(json['id'])
  assert.equal((await send('DELETE', `/v1/blocks/${id}`, WAIT)).status, 200)
  return id
}

async function run({ send }: Client, body: object = {}): Promise<Json> {
  const { status, json, text } = await send('POST', '/v1/retention:run', { body })
  assert.equal(status, 200, text)
  return json
}

function ofRule(json: Json, rule: string): Json | undefined {
  return list(json['rules']).find((one) => String(one['rule']) === rule)
}

describe('retention', () => {
  test('what ended long ago is erased for good, on record, and the chain still verifies', async (t) => {
    const client = await startFace(t, { ...KEPT, retainEndedMs: DAY })
    const { app, send, block } = client
    const old = await ended(client, { ...SCANNER, reason: 'the-old-reason' })
    const { json: on } = await block({
      ...SCANNER,
      target: '203.0.113.10',
      duration: '90d',
      reason: 'it-goes-on',
    })
    app.skip(31 * DAY)
    const young = await ended(client, { ...SCANNER, target: '203.0.113.11', reason: 'the-young-reason' })

    const looked = await run(client, { dry: true })
    assert.equal(looked['dry'], true)
    assert.ok(Number(ofRule(looked, 'blocks')?.['erased']) > 0)
    assert.equal((await send('GET', `/v1/blocks/${old}`)).json['reason'], 'the-old-reason')

    const done = await run(client)
    assert.deepEqual(done['rules'], looked['rules'])
    assert.equal((await send('GET', `/v1/blocks/${old}`)).status, 404)
    assert.equal((await send('GET', `/v1/blocks/${young}`)).json['reason'], 'the-young-reason')
    assert.equal((await send('GET', `/v1/blocks/${String(on['id'])}`)).json['reason'], 'it-goes-on')
    const { json: answer } = await send('GET', '/v1/retention')
    assert.deepEqual(answer['last'], done)
    assert.deepEqual(ofRule(answer, 'triggers'), { rule: 'triggers', after: null })

    const { json: audit } = await send('GET', '/v1/audit?kind=events.redacted')
    const [entry] = list(audit['entries'])
    assert.deepEqual(
      [entry?.['rule'], entry?.['blocks'], entry?.['who']?.['name']],
      ['blocks', [Number(old)], 'whoever runs the controller'],
    )
    const verified = await verifyLedger(await folderFiles(app.folder))
    assert.equal(verified.redacted, Number(ofRule(done, 'blocks')?.['erased']))
    const names = (await readdir(app.folder)).filter((one) => one.endsWith('.jsonl'))
    const texts = await Promise.all(names.map((name) => readFile(join(app.folder, name), 'utf8')))
    assert.doesNotMatch(texts.join(), /the-old-reason/)
    assert.match(texts.join(), /the-young-reason/)
  })

  test('a device that was not read since the start keeps what it may still hold', async (t) => {
    let reachable = false
    const away = await startFace(t, { ...KEPT, reachable: () => reachable })
    // Blocked and given back while nobody knows what the devices have.
    const { json } = await away.block(SCANNER)
    await away.send('DELETE', `/v1/blocks/${String(json['id'])}`)
    away.app.skip(31 * DAY)
    const waiting = await run(away)
    assert.deepEqual(ofRule(waiting, 'blocks')?.['erased'], 0)
    assert.deepEqual(
      list(waiting['devices']).map((one) => [one['device'], one['why']].map(String)),
      [['edge-1', 'not-read']],
    )
    reachable = true
    await until(
      async () => ofRule(await run(away, { dry: true }), 'blocks')?.['waits'] === (0 as never),
      30_000,
    )
    assert.ok(Number(ofRule(await run(away), 'blocks')?.['erased']) > 0)
  })

  test('is for those who look after personal data, and of the whole site', async (t) => {
    const { app, send } = await startFace(t, KEPT)
    const officer = await app.person('Dana', ['privacy'])
    const analyst = await app.person('Ann', ['analyst'])
    const bound = await app.person('Bo', ['privacy'], ['physics'])
    for (const [url, body] of [
      ['/v1/retention:run', {}],
      ['/v1/retention', undefined],
      ['/v1/subject?about=203.0.113.9', undefined],
    ] as const) {
      const ask = (as: string) => send(body === undefined ? 'GET' : 'POST', url, { as, body })
      assert.equal((await ask(officer)).status, 200, url)
      const refused = await ask(analyst)
      assert.deepEqual([refused.status, /privacy:(read|write)/.test(refused.text)], [403, true], url)
      assert.match((await ask(bound)).text, /of the whole site and you are bound to physics/, url)
    }
  })
})

async function subject({ send }: Client, query: string): Promise<readonly Json[]> {
  const { status, text, headers } = await send('GET', `/v1/subject?${query}`)
  assert.equal(status, 200, text)
  assert.match(String(headers['content-type']), /^application\/x-ndjson/)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
}

/** Blocks of which it is on record that they are gone from a device. */
async function reached({ app }: Client): Promise<number[]> {
  const blocks: number[] = []
  for await (const { event } of app.ledger.history())
    if (event.type === 'milestones' && event.reached === 'gone') blocks.push(...event.blocks)
  return blocks
}

const eventsIn = (lines: readonly Json[]): readonly Json[] =>
  lines.flatMap((line) => (line['event'] === undefined ? [] : [line['event']]))

describe('all that is held about somebody', () => {
  test('is told for an address: its blocks to their end, and nothing of others', async (t) => {
    const client = await startFace(t)
    await ended(client, { ...SCANNER, target: '10.10.1.7', direction: 'from', reason: 'the-one' })
    await ended(client, { ...SCANNER, target: '10.10.1.8', direction: 'from', reason: 'the-other' })
    await client.block({ ...SCANNER, target: '203.0.113.77', reason: 'it attacked 10.10.1.7, says Bob' })
    await until(async () => (await reached(client)).includes(1))
    const lines = await subject(client, 'about=10.10.1.7')
    assert.equal(lines[0]?.['about'], '10.10.1.7')
    const events = eventsIn(lines)
    assert.deepEqual(lines.at(-1), { end: true, bindings: 0, events: events.length })
    const types = events.map((one) => String(one['type']))
    for (const type of ['block.created', 'blocks.reached', 'block.released'])
      assert.ok(types.includes(type), `${type} in ${types.join()}`)
    assert.deepEqual(
      events
        .filter((one) => String(one['type']) === 'block.created')
        .map((one) => String(one['held']?.['reason'])),
      ['the-one', 'it attacked 10.10.1.7, says Bob'],
    )
    assert.doesNotMatch(JSON.stringify(lines), /10\.10\.1\.8|the-other/)
    assert.deepEqual(
      eventsIn(await subject(client, 'about=10.10.1.99')).map((one) => String(one['type'])),
      [],
    )
    const { json: audit } = await client.send('GET', '/v1/audit?kind=reads')
    assert.ok(JSON.stringify(audit).includes('about=10.10.1.7/32'), 'that it was shown is on record')
  })

  test('ends where it is told to, since an address changes hands', async (t) => {
    const client = await startFace(t)
    await ended(client, { ...SCANNER, reason: 'of the first holder' })
    client.app.skip(DAY)
    const turn = new Date(client.app.clock.now()).toISOString()
    client.app.skip(DAY)
    await ended(client, { ...SCANNER, reason: 'of the second holder' })
    const first = JSON.stringify(await subject(client, `about=203.0.113.9&to=${turn}`))
    assert.match(first, /the first/)
    assert.doesNotMatch(first, /the second/)
    const second = JSON.stringify(await subject(client, `about=203.0.113.9&from=${turn}`))
    assert.match(second, /the second/)
    assert.doesNotMatch(second, /of the first/)
  })

  test('is told for an account, with where it was', async (t) => {
    const client = await startFace(t)
    const { send } = client
    const from = new Date(client.app.clock.now() - 3_600_000).toISOString()
    const feed = ['alice', 'malice'].map((name, index) => `10.10.3.${index},${from},,${name}@campus.example`)
    const fed = await send('POST', '/v1/bindings:import?format=csv&source=dhcp', {
      body: ['address,from,until,user', ...feed].join('\n'),
      headers: { 'content-type': 'text/csv' },
    })
    assert.equal(fed.json['bindings'], 2, fed.text)
    await client.block({ ...SCANNER, reason: 'phished alice@campus.example' })
    await client.block({ ...SCANNER, target: '203.0.113.10', reason: 'phished malice@campus.example' })
    const lines = await subject(client, 'about=alice@CAMPUS.example')
    assert.deepEqual(
      lines.flatMap(({ binding }) => (binding === undefined ? [] : [String(binding['address'])])),
      ['10.10.3.0/32'],
    )
    const events = eventsIn(lines)
    assert.deepEqual(
      events.flatMap((one) => (one['held']?.['reason'] === undefined ? [] : [String(one['held']['reason'])])),
      ['phished alice@campus.example'],
    )
    const bad = await send('GET', '/v1/subject?about=10.10.1.7/8')
    assert.deepEqual([bad.status, String(bad.json['code'])], [400, 'prefix-host-bits'])
    assert.match(bad.text, /write 10\.0\.0\.0\/8/)
  })
})
