import assert from 'node:assert/strict'
import { test } from 'node:test'
import { list, SCANNER, startFace } from './face.ts'

test('a block is made, waited for, shown and quoted by its number', async (t) => {
  const { block, send } = await startFace(t)
  const made = await block(
    { ...SCANNER, match: { destinationPort: [22, '80-90'], 'tcp-flags': 'syn&!ack' }, ticket: 'RT#1' },
    { headers: { prefer: 'respond-async, wait=10' } },
  )
  assert.equal(made.status, 201)
  assert.equal(made.headers['location'], '/v1/blocks/1')
  assert.equal(made.headers['etag'], '"1"')
  assert.equal(made.headers['preference-applied'], 'wait=10')
  const { json } = made
  assert.equal(json['name'], 'Cordon#1')
  assert.equal(json['target'], '203.0.113.9/32')
  assert.deepEqual(json['match'], { protocol: '6', destinationPort: '22,80-90', tcpFlags: 'syn&!ack' })
  assert.equal(json['direction'], 'from')
  assert.equal(json['action'], 'drop')
  assert.equal(json['standing'], 'in-force')
  assert.equal(json['origin']?.['name'], 'root')
  assert.deepEqual(
    list(json['holdings']).map((holding) => [holding['device'], holding['state'], holding['inForce']]),
    [
      ['edge-1', 'yes', true],
      ['edge-2', 'yes', true],
    ],
  )
  assert.equal(Date.parse(String(json['until'])) - Date.parse(String(json['createdAt'])) <= 3_600_000, true)
  const shown = await send('GET', '/v1/blocks/1')
  assert.equal(shown.headers['etag'], '"1"')
  assert.deepEqual(shown.json, json)
})

test('the devices hold what the answer says', async (t) => {
  const { app, block } = await startFace(t)
  await block(SCANNER, { headers: { prefer: 'wait=10' } })
  assert.deepEqual([...(app.devices.get('edge-1')?.rules.keys() ?? [])], ['acl4 source=203.0.113.9/32'])
})

test('an action can be a rate, an end a time, and permanent is null', async (t) => {
  const { block } = await startFace(t)
  const limited = await block({
    ...SCANNER,
    duration: undefined,
    until: '2999-01-01T00:00:00+01:00',
    action: { rateLimit: 125_000 },
  })
  assert.deepEqual(limited.json['action'], { rateLimit: 125_000 })
  assert.equal(limited.json['until'], '2998-12-31T23:00:00.000Z')
  const permanent = await block({ target: '203.0.113.10', reason: 'sanctioned', permanent: true })
  assert.equal(permanent.json['until'], null)
})

test('amending needs the version that was seen', async (t) => {
  const { block, send } = await startFace(t)
  await block(SCANNER)
  const change = (ifMatch: string | undefined, body: object) =>
    send('PATCH', '/v1/blocks/1', { body, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } })
  const cases: [string | undefined, number, string][] = [
    [undefined, 428, 'if-match-required'],
    ['*', 428, 'if-match-required'],
    ['1', 400, 'invalid'],
    ['W/"1"', 400, 'invalid'],
    ['"2"', 412, 'version-mismatch'],
  ]
  for (const [given, status, code] of cases) {
    const answer = await change(given, { reason: 'more' })
    assert.deepEqual([given, answer.status, answer.json['code']], [given, status, code])
  }
  assert.equal((await change('"1"', {})).json['code'], 'nothing-to-change')
  assert.equal((await change('"1"', { target: '1.2.3.4' })).json['path'], 'target')
  const done = await change('"1"', { reason: 'scans for everything', duration: '2d', ticket: 'RT#2' })
  assert.equal(done.status, 200)
  assert.equal(done.headers['etag'], '"2"')
  assert.equal(done.json['reason'], 'scans for everything')
  assert.equal(done.json['ticket'], 'RT#2')
  assert.equal((await change('"1"', { reason: 'late' })).status, 412)
})

test('releasing needs no version, can be repeated, and the block is final', async (t) => {
  const { app, block, send } = await startFace(t)
  await block(SCANNER, { headers: { prefer: 'wait=10' } })
  const released = await send('POST', '/v1/blocks/1:release', {
    body: { why: 'it was a student' },
    headers: { prefer: 'wait=10', 'if-match': '"77"' },
  })
  assert.equal(released.status, 200)
  assert.equal(released.json['wanted'], 'off')
  assert.equal(released.json['ending'], 'released')
  assert.equal(released.json['standing'], 'ended')
  assert.equal(app.devices.get('edge-1')?.rules.size, 0)
  const again = await send('DELETE', '/v1/blocks/1')
  assert.deepEqual([again.status, again.json['version']], [200, 2])
  const amended = await send('PATCH', '/v1/blocks/1', {
    body: { reason: 'again' },
    headers: { 'if-match': '"2"' },
  })
  assert.deepEqual([amended.status, amended.json['code']], [409, 'block-ended'])
  assert.equal((await send('DELETE', '/v1/blocks/9')).status, 404)
})

test('a bodyless request may name JSON as its type', async (t) => {
  const { block, send } = await startFace(t)
  await block(SCANNER)
  const headers = { 'content-type': 'application/json' }
  assert.equal((await send('DELETE', '/v1/blocks/1', { headers })).status, 200)
  assert.equal((await send('POST', '/v1/blocks/1:release', { headers })).status, 200)
})

test('the history tells who did what, and where it took effect', async (t) => {
  const { block, send } = await startFace(t)
  await block({ ...SCANNER, ticket: 'RT#1' }, { headers: { prefer: 'wait=10' } })
  await send('PATCH', '/v1/blocks/1', { body: { duration: '2h' }, headers: { 'if-match': '"1"' } })
  await new Promise((resolve) => setTimeout(resolve, 400))
  await send('POST', '/v1/blocks/1:release', { body: { why: 'clean' } })
  const { json } = await send('GET', '/v1/blocks/1/history')
  const types = list(json['events']).map((event) => event['type'])
  assert.deepEqual(types.slice(0, 2), ['created', 'amended'])
  assert.equal(types.filter((type) => String(type) === 'in-force').length, 2)
  assert.equal(list(json['events']).find((event) => String(event['type']) === 'released')?.['why'], 'clean')
  assert.equal(list(json['events'])[0]?.['ticket'], 'RT#1')
  assert.equal((await send('GET', '/v1/blocks/7/history')).status, 404)
})

test('a list has filters', async (t) => {
  const { block, send } = await startFace(t)
  await block({ ...SCANNER, ticket: 'A' })
  await block({ ...SCANNER, target: '203.0.113.0/28' })
  await block({ ...SCANNER, target: '198.51.100.1' })
  await send('DELETE', '/v1/blocks/2')
  const ids = async (query: string) =>
    list((await send('GET', `/v1/blocks?${query}`)).json['blocks']).map((one) => Number(one['id']))
  assert.deepEqual(await ids(''), [3, 2, 1])
  assert.deepEqual(await ids('active=true'), [3, 1])
  assert.deepEqual(await ids('active=false'), [2])
  assert.deepEqual(await ids('ticket=A'), [1])
  assert.deepEqual(await ids('origin=automatic'), [])
  assert.deepEqual(await ids('target=203.0.113.9'), [2, 1])
  assert.deepEqual(await ids('target=203.0.0.0%2F16&active=true'), [1])
})

test('a list comes in pages, and blocks made meanwhile do not shift them', async (t) => {
  const { block, send } = await startFace(t)
  for (let host = 1; host <= 5; host += 1) await block({ ...SCANNER, target: `203.0.113.${host}` })
  const first = await send('GET', '/v1/blocks?limit=2&active=true')
  await block({ ...SCANNER, target: '203.0.113.77' })
  const link = /^<(.*)>; rel="next"$/.exec(String(first.headers['link']))?.[1] ?? ''
  const second = await send('GET', link)
  const third = await send('GET', `/v1/blocks?limit=2&cursor=${second.json['next']}`)
  const pages = [first, second, third].map((page) =>
    list(page.json['blocks']).map((one) => Number(one['id'])),
  )
  assert.deepEqual(pages, [[5, 4], [3, 2], [1]])
  assert.equal(third.headers['link'], undefined)
  assert.equal(third.json['next'], undefined)
  for (const cursor of ['x', '%00', Buffer.from('b0').toString('base64url'), ''])
    assert.equal((await send('GET', `/v1/blocks?cursor=${cursor}`)).json['code'], 'cursor-invalid')
})

test('a dry run says everything and does nothing', async (t) => {
  const { app, block, send } = await startFace(t)
  await block(SCANNER, { headers: { prefer: 'wait=10' } })
  const seq = app.ledger.head.seq
  const target = '10.10.1.7'
  for (const [url, body] of [
    ['/v1/blocks?dryRun=true', { ...SCANNER, target }],
    ['/v1/blocks:dryRun', { ...SCANNER, target }],
  ] as const) {
    const { status, json } = await send('POST', url, { body })
    assert.equal(status, 200)
    assert.equal(json['taken'], true)
    assert.equal(json['direction'], 'both')
    assert.deepEqual(json['radius']?.['departments'], ['physics'])
    assert.equal(list(json['rules']).length, 4)
    assert.equal(list(json['rules'])[0]?.['change'], 'add')
    assert.equal(json['placement'], 'everything')
  }
  const same = await send('POST', '/v1/blocks:dryRun', { body: { ...SCANNER, action: { rateLimit: 9 } } })
  assert.deepEqual(
    list(same.json['rules']).map((rule) => String(rule['change'])),
    ['none', 'none'],
  )
  const refused = await send('POST', '/v1/blocks:dryRun', { body: { ...SCANNER, target: '192.0.2.53' } })
  assert.deepEqual([refused.status, refused.json['taken']], [200, false])
  assert.equal(list(refused.json['refusals'])[0]?.['code'], 'protected')
  assert.equal(app.ledger.head.nextBlock, 2)
  assert.equal(app.ledger.head.seq - seq <= 2, true, 'nothing but milestones was recorded')
})

test('a wait that is over answers with what there is', async (t) => {
  const { block } = await startFace(t, { edge: { latencyMs: 3_000 } })
  const made = await block(SCANNER, { headers: { prefer: 'wait=1' } })
  assert.equal(made.status, 201)
  assert.equal(made.json['standing'], 'pending')
  const none = await block({ ...SCANNER, target: '203.0.113.10' }, { headers: { prefer: 'return=minimal' } })
  assert.equal(none.headers['preference-applied'], undefined)
})

test('a block ends by itself', async (t) => {
  const { app, block, send } = await startFace(t)
  await block({ ...SCANNER, duration: '1s' }, { headers: { prefer: 'wait=10' } })
  app.skip(2_000)
  const ended = await send('GET', '/v1/blocks?active=false')
  assert.equal(list(ended.json['blocks'])[0]?.['id'], 1)
})

test('a client that waits is answered when the server closes, as things stand', async (t) => {
  const { server, send, block } = await startFace(t)
  await send('POST', '/v1/devices/edge-1:hold', { body: { duration: '1h', reason: 'maintenance' } })
  const waiting = block(SCANNER, { headers: { prefer: 'wait=60' } })
  while ((await send('GET', '/v1/blocks')).text.includes('"blocks":[]')) await new Promise(setImmediate)
  await server.close()
  const { status, json } = await waiting
  assert.equal(status, 201)
  assert.equal(json['standing'], 'partial')
})
