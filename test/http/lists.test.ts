import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { SCOPES } from '../../src/domain/role.ts'
import { buildServer } from '../../src/http/server.ts'
import { makeApp } from '../helpers/app.ts'
import { withList } from '../helpers/pulled.ts'
import { type Client, clientOf, list, SCANNER, startFace } from './face.ts'

const URL = '/v1/lists/feed'

test('a list is one prefix a line, by where packets come from unless told otherwise', async (t) => {
  const { add, holds, send, puller: as } = await withList(t)
  for (const target of ['203.0.113.9', '203.0.113.64/28', '2a00:1450:4009::/64']) await add(target)
  await add('192.0.2.7', { direction: 'to' })
  await holds(4)
  const text = async (query: string) => (await send('GET', `${URL}${query}`, { as })).text
  assert.equal(await text(''), '203.0.113.9/32\n203.0.113.64/28\n2a00:1450:4009::/64\n')
  assert.equal(await text('?direction=to'), '192.0.2.7/32\n')
  assert.equal(await text('?family=6'), '2a00:1450:4009::/64\n')
  assert.equal(await text('?direction=to&family=6'), '')
  assert.match(await text('?comments=true&family=4'), /^# Cordon: feed, packets from these, IPv4\n203/)
})

test('a list is JSON for who asks for that, by name or by Accept', async (t) => {
  const { add, holds, send, puller: as } = await withList(t)
  await add('203.0.113.9')
  await holds(1)
  const expected = { list: 'feed', direction: 'from', prefixes: ['203.0.113.9/32'] }
  for (const [query, accept, json] of [
    ['?format=json', 'text/plain', true],
    ['', 'application/json', true],
    ['', 'application/json, text/plain', false],
    ['', '*/*', false],
    ['?format=text', 'application/json', false],
  ] as const) {
    const answer = await send('GET', `${URL}${query}`, { as, headers: { accept } })
    const type = String(answer.headers['content-type'])
    assert.match(type, json ? /^application\/json/ : /^text\/plain/, `${query} ${accept}`)
    assert.match(String(answer.headers['vary']), /Accept/)
    if (json) assert.deepEqual(answer.json, expected)
    else assert.equal(answer.text, '203.0.113.9/32\n')
  }
})

test('who has a list already is told so, until it changes', async (t) => {
  const { add, holds, send, release, puller: as } = await withList(t)
  const block = await add('203.0.113.9')
  await holds(1)
  const first = await send('GET', URL, { as })
  const etag = String(first.headers['etag'])
  assert.match(etag, /^"[\w-]{22}"$/)
  const again = (given: string, method = 'GET') =>
    send(method, URL, { as, headers: { 'if-none-match': given } })
  for (const given of [etag, `"x", W/${etag}`, '*']) {
    const same = await again(given)
    assert.deepEqual([given, same.status, same.text, same.headers['etag']], [given, 304, '', etag])
  }
  assert.equal((await again(etag, 'HEAD')).status, 304)
  assert.equal((await again('"other"')).status, 200)
  const json = await send('GET', `${URL}?format=json`, { as })
  assert.notEqual(json.headers['etag'], etag, 'another form is another text')
  const head = await send('HEAD', URL, { as })
  assert.deepEqual(
    [head.status, head.text, head.headers['etag'], head.headers['content-length']],
    [200, '', etag, String(first.text.length)],
  )
  await add('203.0.113.10')
  await holds(2)
  const changed = await again(etag)
  assert.deepEqual([changed.status, changed.text], [200, '203.0.113.9/32\n203.0.113.10/32\n'])
  await release(block)
  await holds(1)
  assert.equal((await send('GET', URL, { as })).text, '203.0.113.10/32\n')
})

test('a list goes to a token with the right for it, also as a password, and to nobody else', async (t) => {
  const { app, send, puller } = await withList(t)
  const basic = (user: string, password: string) =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const status = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization }
    return (await send('GET', URL, { as: null, headers })).status
  }
  assert.equal(await status(`Bearer ${puller}`), 200)
  assert.equal(await status(basic('edl', puller)), 200)
  assert.equal(await status(basic('', puller)), 200)
  assert.equal(await status(basic(puller, 'x')), 401)
  assert.equal(await status(`Basic ${puller}`), 401)
  assert.equal(await status('Basic'), 401)
  const without = await app.token(SCOPES.filter((scope) => !/^(lists|mail|triggers):/.test(scope)))
  assert.equal(await status(basic('edl', without)), 403)
  const bound = await app.machine({ roles: ['puller'], departments: ['physics'] })
  const denied = await send('GET', URL, { as: bound })
  assert.equal(denied.status, 403)
  assert.match(
    String(denied.json['detail']),
    /a list is of the whole site, and token \w+ is bound to physics/,
  )
  const asked = await send('GET', URL, { as: null })
  assert.deepEqual(asked.headers['www-authenticate'], [
    'Bearer realm="cordon"',
    'Basic realm="cordon", charset="UTF-8"',
  ])
  assert.equal(String(asked.json['code']), 'unauthenticated')
})

test('a password is good for lists alone, and a cookie for none', async (t) => {
  const { app, send } = await withList(t)
  const root = await app.root()
  const authorization = `Basic ${Buffer.from(`x:${root}`).toString('base64')}`
  assert.equal((await send('GET', URL, { as: null, headers: { authorization } })).status, 200)
  for (const url of ['/v1/blocks', '/v1/devices', '/v1/whoami', '/v1/decisions'])
    assert.ok(
      [401, 403].includes((await send('GET', url, { as: null, headers: { authorization } })).status),
      url,
    )
  for (const name of ['cordon-session', '__Host-cordon-session']) {
    const answer = await send('GET', URL, { as: null, headers: { cookie: `${name}=${root}` } })
    assert.equal(answer.status, 401)
  }
})

test('what is no list is not found, and what cannot be asked is said', async (t) => {
  const { send, puller: as } = await withList(t)
  const missing = await send('GET', '/v1/lists/edge-1', { as })
  assert.deepEqual(
    [missing.status, missing.json['detail']],
    [404, "there is no list 'edge-1'; lists are feed"],
  )
  for (const query of ['?direction=both', '?family=5', '?format=xml', '?limit=3']) {
    const wrong = await send('GET', `${URL}${query}`, { as })
    assert.deepEqual([query, wrong.status, wrong.json['code']], [query, 400, 'invalid'])
  }
  const none = await startFace(t)
  const nowhere = await none.send('GET', URL)
  assert.deepEqual([nowhere.status, nowhere.json['detail']], [404, "there is no list 'feed'"])
})

test('a list that is not whole yet is not served: an empty one would release everything', async (t) => {
  const app = await makeApp({ feed: {} })
  const before = await clientOf(app, buildServer(app, { version: '0' }))
  const as = await app.root()
  const served = (client: Client) => async () => {
    const { status, text } = await client.send('GET', URL, { as })
    return status === 200 && text === '203.0.113.9/32\n'
  }
  await before.block(SCANNER)
  await eventually('the list is served', 5_000, served(before))
  const body = { duration: '1h', reason: 'test' }
  const held = await before.send('POST', '/v1/devices/feed:hold', { body })
  assert.equal(held.status, 200, held.text)
  assert.ok(await served(before)(), 'a hold keeps what is there')
  await before.server.close()
  await app.stop()
  const after = await startFace(t, { feed: {}, folder: app.folder })
  const early = await after.send('GET', URL, { as })
  assert.deepEqual([early.status, early.json['code']], [503, 'list-unready'])
  assert.ok(Number(early.headers['retry-after']) > 0)
  assert.equal((await after.send('POST', '/v1/devices/feed:free', { as })).status, 200)
  await eventually('the list is served again', 5_000, served(after))
})

test('a block that a list cannot hold exactly is a gap, and nothing wider', async (t) => {
  const { block, send, puller: as } = await withList(t)
  const narrowed = { target: '203.0.113.9', match: { protocol: 'tcp' }, reason: 'x', duration: '1h' }
  const made = await block(narrowed)
  assert.equal(made.status, 201, made.text)
  const gaps = list(made.json['gaps']).map((gap) => [String(gap['device']), String(gap['code'])])
  assert.ok(
    gaps.some(([device, code]) => device === 'feed' && code === 'unsupported'),
    made.text,
  )
  assert.equal((await send('GET', URL, { as })).text, '')
})
