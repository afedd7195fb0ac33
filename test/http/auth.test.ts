import assert from 'node:assert/strict'
import { test } from 'node:test'
import { list, SCANNER, startFace } from './face.ts'

/** Every route that needs a right, and the right. */
const NEEDS: readonly [method: string, url: string, scope: string, body?: object][] = [
  ['POST', '/v1/blocks', 'blocks:write', SCANNER],
  ['POST', '/v1/blocks?dryRun=true', 'blocks:write', SCANNER],
  ['POST', '/v1/blocks:dryRun', 'blocks:write', SCANNER],
  ['POST', '/v1/blocks:batch', 'blocks:write', { blocks: [SCANNER] }],
  ['POST', '/v1/blocks:batch', 'blocks:write', { blocks: [{}] }],
  ['GET', '/v1/blocks', 'blocks:read'],
  ['GET', '/v1/blocks/1', 'blocks:read'],
  ['GET', '/v1/blocks/1/history', 'blocks:read'],
  ['PATCH', '/v1/blocks/1', 'blocks:write', { reason: 'x' }],
  ['DELETE', '/v1/blocks/1', 'blocks:write'],
  ['POST', '/v1/blocks/1:release', 'blocks:write'],
  ['GET', '/v1/explain?target=192.0.2.1', 'blocks:read'],
  ['GET', '/v1/devices', 'devices:read'],
  ['GET', '/v1/devices/edge-1', 'devices:read'],
  ['POST', '/v1/devices/edge-1:hold', 'devices:hold', { duration: '1h', reason: 'x' }],
  ['POST', '/v1/devices/edge-1:free', 'devices:hold'],
  ['POST', '/v1/devices/edge-1:resync', 'devices:hold'],
  [
    'POST',
    '/v1/tokens',
    'tokens:write',
    { name: 'x', scopes: ['blocks:read'], origin: 'automatic', duration: '1h' },
  ],
  ['DELETE', '/v1/tokens/t1', 'tokens:write'],
  ['GET', '/v1/automation', 'blocks:read'],
  ['POST', '/v1/automation:reset', 'automation:resume'],
  ['POST', '/v1/automation:freeze', 'automation:stop', { reason: 'x' }],
  ['POST', '/v1/automation:thaw', 'automation:resume'],
  ['POST', '/v1/automation:panic', 'automation:panic', { reason: 'x' }],
  ['POST', '/v1/tokens/t1:mute', 'automation:stop', { reason: 'x' }],
  ['POST', '/v1/tokens/t1:unmute', 'automation:resume'],
  ['GET', '/metrics', 'devices:read'],
]

const HEADERS = { 'idempotency-key': 'k', 'if-match': '"1"' }

test('every denial names the right that is missing', async (t) => {
  const { app, block, send } = await startFace(t)
  await block(SCANNER)
  const poor = await app.token(['ledger:read'])
  for (const [method, url, scope, body] of NEEDS) {
    const answer = await send(method, url, { body, as: poor, headers: HEADERS })
    assert.deepEqual([url, answer.status, answer.json['code']], [url, 403, 'forbidden'])
    assert.match(String(answer.json['detail']), new RegExp(`needs the right ${scope},`))
  }
})

test('no route of /v1 answers without a token', async (t) => {
  const { send } = await startFace(t)
  for (const [method, url, , body] of [...NEEDS, ['GET', '/v1/whoami', ''] as const]) {
    const answer = await send(method, url, { body, as: null, headers: HEADERS })
    assert.deepEqual([url, answer.status, answer.json['code']], [url, 401, 'unauthenticated'])
    assert.match(String(answer.headers['www-authenticate']), /^Bearer/)
  }
})

test('a wrong, expired or revoked token is told nothing but that', async (t) => {
  const { app, send } = await startFace(t)
  const secret = await app.root()
  const [, id] = secret.split('_')
  const soon = await send('POST', '/v1/tokens', {
    body: { name: 'soon over', scopes: ['blocks:read'], origin: 'person', duration: '1m' },
  })
  const gone = await app.token(['blocks:read'])
  assert.equal((await send('GET', '/v1/whoami', { as: gone })).status, 200)
  await send('DELETE', `/v1/tokens/${gone.split('_')[1]}`)
  app.skip(61_000)
  const tokens = [
    '',
    'x',
    'cordon_x_y',
    `cordon_${id}_${'A'.repeat(43)}`,
    `${secret}x`,
    gone,
    String(soon.json['secret']),
  ]
  const answers = await Promise.all(tokens.map((as) => send('GET', '/v1/whoami', { as })))
  for (const answer of answers) {
    assert.equal(answer.status, 401)
    assert.equal(answer.text, answers[0]?.text)
  }
  const basic = await send('GET', '/v1/whoami', { as: null, headers: { authorization: `Basic ${secret}` } })
  assert.equal(basic.status, 401)
})

test('tokens are made, listed and revoked, and their secrets shown once', async (t) => {
  const { app, send } = await startFace(t)
  const body = { name: 'fastnetmon', scopes: ['blocks:write'], origin: 'automatic', permanent: true }
  const made = await send('POST', '/v1/tokens', { body })
  assert.equal(made.status, 201)
  assert.equal(made.headers['location'], `/v1/tokens/${made.json['id']}`)
  const secret = String(made.json['secret'])
  const who = await send('GET', '/v1/whoami', { as: secret })
  assert.deepEqual(who.json['token'], {
    id: made.json['id'],
    name: 'fastnetmon',
    roles: [],
    scopes: ['blocks:write'],
    session: false,
    origin: 'automatic',
    until: null,
    revoked: false,
  })
  const all = await send('GET', '/v1/tokens')
  assert.equal(list(all.json['tokens']).length, 2)
  for (const token of app.ledger.head.tokens.values()) assert.equal(all.text.includes(token.hash), false)
  assert.equal(all.text.includes(secret.slice(-43)), false)
  assert.equal((await send('DELETE', `/v1/tokens/${made.json['id']}`)).status, 204)
  assert.equal((await send('DELETE', `/v1/tokens/${made.json['id']}`)).status, 204)
  assert.equal((await send('GET', '/v1/whoami', { as: secret })).status, 401)
  assert.equal((await send('DELETE', '/v1/tokens/nobody')).status, 404)
})

test('nobody gives a right that they do not have', async (t) => {
  const { app, send } = await startFace(t)
  const machine = await app.token(['tokens:write', 'blocks:read'], 'automatic')
  const give = (scopes: string[], origin: string) =>
    send('POST', '/v1/tokens', { as: machine, body: { name: 'x', scopes, origin, duration: '1h' } })
  const beyond = await give(['blocks:write'], 'automatic')
  assert.deepEqual([beyond.status, beyond.json['code']], [403, 'forbidden'])
  assert.match(String(beyond.json['detail']), /blocks:write/)
  assert.equal((await give(['blocks:read'], 'person')).status, 403)
  assert.equal((await give(['blocks:read'], 'automatic')).status, 201)
})
