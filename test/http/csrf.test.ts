import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Browser, type LoginSite, startLogins } from './browser.ts'
import { type Reply, SCANNER } from './face.ts'

const FREEZE = ['POST', '/v1/automation:freeze', { reason: 'x' }] as const

interface Case extends LoginSite {
  readonly ann: Browser
  readonly csrf: string
  /** Asks Cordon to change something with these headers alone beside the cookie; `true` when it did. */
  freeze(headers: object): Promise<boolean>
}

async function start(t: TestContext, options: Parameters<typeof startLogins>[1] = {}): Promise<Case> {
  const site = await startLogins(t, options)
  site.idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  const ann = await site.as('ann')
  const csrf = String((await ann.send('GET', '/v1/whoami')).json['csrf'])
  assert.match(csrf, /^[\w-]{43}$/)
  const freeze = async (headers: object): Promise<boolean> => {
    const [method, url, body] = FREEZE
    const answer = await ann.send(method, url, { body, headers })
    if (answer.status !== 200) assert.deepEqual(refusal(answer), [403, 'csrf'])
    assert.equal(site.app.ledger.head.frozen !== undefined, answer.status === 200)
    return answer.status === 200
  }
  return { ...site, ann, csrf, freeze }
}

function refusal({ status, json }: Reply): [number, string] {
  return [status, String(json['code'])]
}

test('a form of another page that sends the cookie changes nothing', async (t) => {
  const { freeze } = await start(t)
  assert.equal(await freeze({ origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }), false)
})

test('a request with the cookie and without the header changes nothing', async (t) => {
  const { freeze } = await start(t)
  assert.equal(await freeze({ 'sec-fetch-site': 'same-origin', origin: 'http://cordon.test' }), false)
})

test('the csrf of another session is no good', async (t) => {
  const { as, freeze } = await start(t)
  const other = await as('ann')
  const csrf = String((await other.send('GET', '/v1/whoami')).json['csrf'])
  assert.equal(await freeze({ 'x-cordon-csrf': csrf, 'sec-fetch-site': 'same-origin' }), false)
})

test('another host of the same site changes nothing, though it knows the csrf', async (t) => {
  const { csrf, freeze } = await start(t)
  assert.equal(await freeze({ 'x-cordon-csrf': csrf, 'sec-fetch-site': 'same-site' }), false)
  assert.equal(await freeze({ 'x-cordon-csrf': csrf, 'sec-fetch-site': 'none' }), false)
})

test('an Origin that is not ours changes nothing, though it knows the csrf', async (t) => {
  const { csrf, freeze } = await start(t)
  for (const origin of ['https://evil.test', 'null', 'https://cordon.test', 'http://cordon.test:8080'])
    assert.equal(await freeze({ 'x-cordon-csrf': csrf, origin }), false, origin)
})

test('a page of ours changes things, in a browser that says where it is and in one that does not', async (t) => {
  const { csrf, freeze } = await start(t)
  assert.equal(await freeze({ 'x-cordon-csrf': csrf, 'sec-fetch-site': 'same-origin' }), true)
  assert.equal(await freeze({ 'x-cordon-csrf': csrf, origin: 'http://cordon.test' }), true)
  assert.equal(await freeze({ 'x-cordon-csrf': csrf }), true)
})

test('with a redirectUrl its host is ours, whatever host a proxy asks', async (t) => {
  const { csrf, freeze } = await start(t)
  assert.equal(
    await freeze({ 'x-cordon-csrf': csrf, origin: 'http://inside:8321', host: 'inside:8321' }),
    false,
  )
  assert.equal(
    await freeze({ 'x-cordon-csrf': csrf, origin: 'http://cordon.test', host: 'inside:8321' }),
    true,
  )
})

test('without a redirectUrl, ours is the host that the browser asks', async (t) => {
  const { csrf, freeze } = await start(t, { anyHost: true })
  assert.equal(
    await freeze({ 'x-cordon-csrf': csrf, origin: 'http://cordon.test', host: 'inside:8321' }),
    false,
  )
  assert.equal(await freeze({ 'x-cordon-csrf': csrf, origin: 'http://cordon.test' }), true)
})

test('logging out needs a page of ours too', async (t) => {
  const { ann } = await start(t)
  assert.deepEqual(refusal(await ann.send('POST', '/logout')), [403, 'csrf'])
  assert.equal((await ann.send('GET', '/v1/whoami')).status, 200)
})

test('reading needs no header, and changes nothing', async (t) => {
  const { app, ann } = await start(t)
  const { seq } = app.ledger.head
  const elsewhere = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
  for (const url of ['/v1/whoami', '/v1/blocks', '/v1/devices', '/v1/automation', '/login'])
    assert.ok((await ann.send('GET', url, { headers: elsewhere })).status < 400, url)
  assert.equal(app.ledger.head.seq, seq)
})

test('no other site may read an answer', async (t) => {
  const { ann } = await start(t)
  const answer = await ann.send('GET', '/v1/whoami', { headers: { origin: 'https://evil.test' } })
  assert.equal(answer.headers['access-control-allow-origin'], undefined)
  const preflight = await ann.send('OPTIONS', '/v1/blocks', { headers: { origin: 'https://evil.test' } })
  assert.ok(preflight.status >= 400)
})

test('a request with a token and a cookie is of the token, good or not', async (t) => {
  const { app, ann } = await start(t)
  const noc = await app.person('Nora', ['noc'])
  const who = await ann.send('GET', '/v1/whoami', { headers: { authorization: `Bearer ${noc}` } })
  assert.deepEqual([who.json['person']?.['name'], who.json['csrf']], ['Nora', undefined])
  const block = await ann.send('POST', '/v1/blocks', {
    body: SCANNER,
    headers: { authorization: `Bearer ${noc}`, 'idempotency-key': 'k' },
  })
  assert.deepEqual(refusal(block), [403, 'forbidden'])
  const wrong = await ann.send('GET', '/v1/whoami', { headers: { authorization: 'Bearer wrong' } })
  assert.equal(wrong.status, 401)
})

test('a cookie with the secret of a token that is no session is nobody', async (t) => {
  const { app, ann } = await start(t)
  ann.jar.cookies.set('cordon-session', await app.root())
  assert.deepEqual(refusal(await ann.send('GET', '/v1/whoami')), [401, 'unauthenticated'])
})

test('two cookies of the name, of which one may be planted, are nobody', async (t) => {
  const { ann } = await start(t)
  const mine = ann.jar.cookies.get('cordon-session')
  const cookie = `cordon-session=${mine}; cordon-session=${mine}`
  assert.equal((await ann.send('GET', '/v1/whoami', { headers: { cookie } })).status, 401)
})
