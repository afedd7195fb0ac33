import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCANNER, startFace } from './face.ts'

const HERE = { ...SCANNER, duration: undefined }

/** What is sent instead of a good block, the code that it gets, and the field that is named. */
const BAD: readonly [body: object, code: string, path: string, words: RegExp][] = [
  [{}, 'invalid', 'target', /missing/],
  [{ ...SCANNER, reason: undefined }, 'invalid', 'reason', /missing/],
  [{ ...SCANNER, reason: '' }, 'invalid', 'reason', /fewer than 1/],
  [{ ...SCANNER, targets: 'x' }, 'invalid', 'targets', /unknown field; known are target, match/],
  [{ ...SCANNER, target: 7 }, 'invalid', 'target', /must be string/],
  [{ ...SCANNER, permanent: 'true' }, 'invalid', 'permanent', /must be boolean/],
  [{ ...SCANNER, direction: 'in' }, 'invalid', 'direction', /one of to, from, both/],
  [{ ...SCANNER, action: 'reject' }, 'invalid', 'action', /"drop", or/],
  [{ ...SCANNER, action: {} }, 'invalid', 'action', /one of/],
  [{ ...SCANNER, action: { rateLimit: 5, burst: 1 } }, 'invalid', 'action.burst', /unknown field/],
  [{ ...SCANNER, action: { rateLimit: 0 } }, 'rate', 'action.rateLimit', /say drop/],
  [{ ...SCANNER, action: { rateLimit: 5, mark: 8 } }, 'action', 'action', /one action at a time/],
  [{ ...SCANNER, action: { redirect: 'a b' } }, 'invalid', 'action.redirect', /place/],
  [{ ...SCANNER, action: { mark: 64 } }, 'dscp', 'action.mark', /0 to 63/],
  [{ ...SCANNER, scope: 'world' }, 'invalid', 'scope', /region:NAME/],
  [{ ...SCANNER, collateral: ['everyone'] }, 'invalid', 'collateral.0', /whole-host/],
  [{ ...SCANNER, target: 'campus' }, 'prefix-malformed', 'target', /not an IPv4 or IPv6/],
  [{ ...SCANNER, target: '203.0.113.0/33' }, 'prefix-malformed', 'target', /length/],
  [{ ...SCANNER, target: '203.0.113.9/24' }, 'prefix-host-bits', 'target', /203\.0\.113\.0\/24/],
  [{ ...SCANNER, target: '::ffff:203.0.113.9' }, 'prefix-mapped', 'target', /write the IPv4/],
  [{ ...SCANNER, match: { flags: 'syn' } }, 'match-unknown', 'match.flags', /known are/],
  [{ ...SCANNER, match: { destinationPort: 70_000 } }, 'match-value', 'match.destinationPort', /65535/],
  [{ ...SCANNER, match: { destination: '2001:db8::1' } }, 'match-family', 'match.destination', /IPv4/],
  [{ ...SCANNER, match: { icmpType: 8, port: 53 } }, 'match-protocol', 'match.icmpType', /both/],
  [{ ...SCANNER, match: { source: '192.0.2.7' } }, 'match-direction', 'match.source', /other end/],
  [{ ...SCANNER, target: 'department:physics', match: { port: 53 } }, 'match-target', 'match', /only a host/],
  [{ ...SCANNER, duration: 'soon' }, 'duration', 'duration', /24h/],
  [HERE, 'until', 'duration', /exactly one/],
  [{ ...SCANNER, permanent: true }, 'until', 'permanent', /exactly one/],
  [{ ...HERE, until: 'tomorrow' }, 'until', 'until', /2026-11-20T18:00:00Z/],
  [{ ...HERE, until: '2001-01-01T00:00:00Z' }, 'until', 'until', /passed/],
]

test('a wrong block is answered with the field, the code and what would be right', async (t) => {
  const { app, block, send } = await startFace(t)
  for (const [body, code, path, words] of BAD) {
    const answer = await block(body)
    const what = JSON.stringify(body)
    assert.deepEqual([what, answer.status, answer.json['code'], answer.json['path']], [what, 400, code, path])
    assert.match(String(answer.json['detail']), words)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    assert.equal(answer.json['type'], `urn:cordon:problem:${code}`)
    assert.equal(answer.json['status'], 400)
    const dry = await send('POST', '/v1/blocks:dryRun', { body })
    assert.deepEqual([what, dry.status, dry.json['code']], [what, 400, code])
  }
  assert.equal(app.ledger.head.blocks.size, 0)
})

test('unknown fields are errors everywhere', async (t) => {
  const { send } = await startFace(t)
  const calls: [string, string, object?][] = [
    ['GET', '/v1/blocks?page=2'],
    ['GET', '/v1/blocks/1?page=2'],
    ['GET', '/v1/explain?target=192.0.2.1&page=2'],
    ['GET', '/v1/devices?page=2'],
    ['POST', '/v1/automation:reset', { page: 2 }],
    ['POST', '/v1/blocks/1:release', { page: 2 }],
    ['POST', '/v1/devices/edge-1:hold', { duration: '1h', reason: 'x', page: 2 }],
    ['POST', '/v1/devices/edge-1:free', { page: 2 }],
    ['DELETE', '/v1/blocks/1', { page: 2 }],
    [
      'POST',
      '/v1/tokens',
      { name: 'x', scopes: ['blocks:read'], origin: 'person', permanent: true, page: 2 },
    ],
    ['PATCH', '/v1/blocks/1', { page: 2 }],
    ['POST', '/v1/blocks?dryRun=true&page=2', SCANNER],
  ]
  for (const [method, url, body] of calls) {
    const answer = await send(method, url, { body })
    assert.deepEqual([url, answer.status, answer.json['path']], [url, 400, 'page'])
    assert.match(String(answer.json['detail']), /unknown field/)
  }
})

test('queries are checked', async (t) => {
  const { send } = await startFace(t)
  for (const [query, path] of [
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['active=perhaps', 'active'],
    ['origin=alien', 'origin'],
    ['target=nowhere', 'target'],
    ['target=10.0.0.1%2F8', 'target'],
  ]) {
    const answer = await send('GET', `/v1/blocks?${query}`)
    assert.deepEqual([query, answer.status, answer.json['path']], [query, 400, path])
  }
  assert.equal((await send('GET', '/v1/explain')).json['path'], 'target')
})

test('what is no request of ours is answered in the same form', async (t) => {
  const { send } = await startFace(t)
  const json = { 'content-type': 'application/json', 'idempotency-key': 'k' }
  const cases: [
    method: string,
    url: string,
    body: string | undefined,
    type: string,
    status: number,
    code: string,
  ][] = [
    ['POST', '/v1/blocks', '{', json['content-type'], 400, 'malformed-json'],
    ['POST', '/v1/blocks', '', json['content-type'], 400, 'invalid'],
    ['POST', '/v1/blocks', 'null', json['content-type'], 400, 'invalid'],
    ['POST', '/v1/blocks', '[]', json['content-type'], 400, 'invalid'],
    ['POST', '/v1/blocks', '{"__proto__": {"target": "x"}}', json['content-type'], 400, 'malformed-json'],
    ['POST', '/v1/blocks', 'target=x', 'application/x-www-form-urlencoded', 415, 'media-type'],
    ['POST', '/v1/blocks', 'x', 'text/plain', 415, 'media-type'],
    ['POST', '/v1/blocks', `{"a": "${'x'.repeat(70_000)}"}`, json['content-type'], 413, 'too-large'],
    ['GET', '/v1/nothing', undefined, '', 404, 'not-found'],
    ['GET', '/v1/blocks/0', undefined, '', 404, 'not-found'],
    ['GET', '/v1/blocks/one', undefined, '', 404, 'not-found'],
    ['GET', '/v1/blocks/77', undefined, '', 404, 'not-found'],
    ['GET', '/v1/devices/nowhere', undefined, '', 404, 'not-found'],
    ['PUT', '/v1/blocks/1', undefined, '', 405, 'method-not-allowed'],
    ['GET', '/v1/blocks/1:release', undefined, '', 405, 'method-not-allowed'],
    ['DELETE', '/v1/devices/edge-1', undefined, '', 405, 'method-not-allowed'],
    ['GET', '/v1/blocks:batch', undefined, '', 405, 'method-not-allowed'],
    ['GET', '/%ZZ', undefined, '', 400, 'invalid'],
  ]
  for (const [method, url, body, type, status, code] of cases) {
    const headers = { 'idempotency-key': 'k', ...(type === '' ? {} : { 'content-type': type }) }
    const answer = await send(method, url, { body, headers })
    assert.deepEqual(
      [url, body?.slice(0, 20), answer.status, answer.json['code']],
      [url, body?.slice(0, 20), status, code],
    )
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  }
  const wrong = await send('PUT', '/v1/blocks/1')
  assert.equal(wrong.headers['allow'], 'GET, HEAD, PATCH, DELETE')
})
