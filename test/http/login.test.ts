import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { CLIENT } from '../helpers/identity-provider.ts'
import { type LoginSite, startLogins } from './browser.ts'
import { type Reply, startFace } from './face.ts'

const ANN = { name: 'Ann Arbor', groups: ['csirt', 'choir'] }

async function startWithAnn(
  t: TestContext,
  options: Parameters<typeof startLogins>[1] = {},
): Promise<LoginSite> {
  const site = await startLogins(t, options)
  site.idp.accounts.set('ann', ANN)
  site.idp.who = 'ann'
  return site
}

function refusal({ status, json }: Reply): [number, string] {
  return [status, String(json['code'])]
}

/** Nobody was let in, and nothing secret was written down. */
function assertNobody({ app, logged }: LoginSite): void {
  assert.deepEqual(
    [...app.ledger.head.tokens.values()].filter(({ session }) => session),
    [],
  )
  for (const line of logged) assert.ok(!/cordon_|eyJ|a-secret/.test(line), line)
}

test('a person logs in, is known by issuer and subject, and has the roles of their groups', async (t) => {
  const { app, idp, browser } = await startWithAnn(t)
  const ann = browser()
  const answer = await ann.logIn()
  assert.deepEqual([answer.status, answer.headers['location']], [303, '/'])
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers['referrer-policy'], 'no-referrer')
  const who = await ann.send('GET', '/v1/whoami')
  assert.deepEqual([who.json['person']?.['name'], who.json['person']?.['roles']], ['Ann Arbor', ['analyst']])
  assert.deepEqual(who.json['token']?.['session'], true)
  const person = [...app.ledger.head.people.values()].find(({ name }) => name === 'Ann Arbor')
  assert.deepEqual([person?.subject, person?.by], [`${idp.issuer} ann`, 'login'])
})

test('the browser gets to the provider only a digest of the verifier, and a state and nonce of this login', async (t) => {
  const { browser } = await startWithAnn(t)
  const [one, other] = [browser(), browser()]
  const [first, second] = [await one.begin(), await other.begin()]
  assert.equal(first.searchParams.get('code_challenge_method'), 'S256')
  assert.equal(first.searchParams.get('response_type'), 'code')
  for (const name of ['state', 'nonce', 'code_challenge']) {
    assert.match(first.searchParams.get(name) ?? '', /^[\w-]{43}$/)
    assert.notEqual(first.searchParams.get(name), second.searchParams.get(name))
  }
  assert.match(one.jar.set.get('cordon-login') ?? '', /; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/)
})

test('cookies are HttpOnly and Lax, and of one host over TLS alone where there is TLS', async (t) => {
  const plain = await startWithAnn(t)
  const ann = await plain.as('ann')
  assert.match(ann.jar.set.get('cordon-session') ?? '', /; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax$/)
  assert.equal(ann.jar.cookies.has('cordon-login'), false)
  const secure = await startWithAnn(t, { server: { behindTlsProxy: true } })
  const bea = await secure.as('ann')
  assert.match(
    bea.jar.set.get('__Host-cordon-session') ?? '',
    /; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure$/,
  )
  assert.deepEqual([...bea.jar.cookies.keys()], ['__Host-cordon-session'])
})

for (const [how, idp] of [
  ['in the ID token', { inToken: true }],
  ['of a client without a secret', { publicClient: true }],
] as const)
  test(`groups ${how} count the same`, async (t) => {
    const { browser } = await startWithAnn(t, { idp })
    const ann = browser()
    assert.equal((await ann.logIn()).status, 303)
    const who = await ann.send('GET', '/v1/whoami')
    assert.deepEqual(who.json['person']?.['roles'], ['analyst'])
  })

test('after logging in the browser goes to a path of ours, and to nothing else', async (t) => {
  const { browser } = await startWithAnn(t)
  assert.equal((await browser().logIn('/blocks/12?x=1#y')).headers['location'], '/blocks/12?x=1#y')
  for (const to of [
    '//evil.test',
    '/\\evil.test',
    'https://evil.test/',
    '/\t/evil.test',
    '/.//evil.test',
    'x',
    '',
  ])
    assert.deepEqual(
      refusal(await browser().send('GET', `/login?to=${encodeURIComponent(to)}`)),
      [400, 'invalid'],
      to,
    )
})

test('an answer with a wrong state lets nobody in', async (t) => {
  const site = await startWithAnn(t)
  const browser = site.browser()
  const back = await browser.through(await browser.begin())
  const wrong = back.replace(/state=[^&]+/, `state=${'A'.repeat(43)}`)
  assert.deepEqual(refusal(await browser.send('GET', wrong)), [400, 'login-mismatch'])
  assertNobody(site)
})

test('an answer to the login of another browser lets nobody in', async (t) => {
  const site = await startWithAnn(t)
  const [victim, attacker] = [site.browser(), site.browser()]
  const back = await attacker.through(await attacker.begin())
  assert.deepEqual(refusal(await victim.send('GET', back)), [400, 'login-expired'])
  await victim.begin()
  assert.deepEqual(refusal(await victim.send('GET', back)), [400, 'login-mismatch'])
  assertNobody(site)
})

test('an ID token with a wrong nonce lets nobody in', async (t) => {
  const site = await startWithAnn(t)
  const browser = site.browser()
  const at = await browser.begin()
  at.searchParams.set('nonce', 'of-another-login')
  assert.deepEqual(refusal(await browser.send('GET', await browser.through(at))), [502, 'login-untrusted'])
  assertNobody(site)
})

test('a code of another verifier lets nobody in', async (t) => {
  const site = await startWithAnn(t)
  const [browser, other] = [site.browser(), site.browser()]
  const at = await browser.begin()
  at.searchParams.set('code_challenge', (await other.begin()).searchParams.get('code_challenge') ?? '')
  assert.deepEqual(refusal(await browser.send('GET', await browser.through(at))), [400, 'login-code'])
  assertNobody(site)
})

test('a callback is good once, with the cookie put back too', async (t) => {
  const site = await startWithAnn(t)
  const browser = site.browser()
  const at = await browser.begin()
  const cookie = browser.jar.cookies.get('cordon-login') ?? ''
  const back = await browser.through(at)
  assert.equal((await browser.send('GET', back)).status, 303)
  assert.deepEqual(refusal(await browser.send('GET', back)), [400, 'login-expired'])
  browser.jar.cookies.set('cordon-login', cookie)
  assert.deepEqual(refusal(await browser.send('GET', back)), [400, 'login-code'])
  assert.equal([...site.app.ledger.head.tokens.values()].filter(({ session }) => session).length, 1)
})

test('a login that takes too long, or whose cookie was changed, lets nobody in', async (t) => {
  const site = await startWithAnn(t)
  const [slow, sly] = [site.browser(), site.browser()]
  const back = await slow.through(await slow.begin())
  const other = await sly.through(await sly.begin('/'))
  const [random, end, , signature] = (sly.jar.cookies.get('cordon-login') ?? '').split('.')
  const elsewhere = Buffer.from('https://evil.test').toString('base64url')
  sly.jar.cookies.set('cordon-login', [random, end, elsewhere, signature].join('.'))
  assert.deepEqual(refusal(await sly.send('GET', other)), [400, 'login-expired'])
  site.app.skip(600_000)
  assert.deepEqual(refusal(await slow.send('GET', back)), [400, 'login-expired'])
  assertNobody(site)
})

test('who says no at the provider is told so, and only the code is logged', async (t) => {
  const site = await startWithAnn(t)
  site.idp.who = undefined
  const answer = await site.browser().logIn()
  assert.deepEqual(refusal(answer), [403, 'login-denied'])
  assert.match(String(answer.json['detail']), /access_denied/)
  assert.deepEqual(
    site.logged.filter((line) => line.includes('login failed')),
    ['[{"problem":"login-denied","error":"access_denied"},"a login failed"]'],
  )
  assertNobody(site)
})

test('words that somebody puts into an error of the provider are told to nobody', async (t) => {
  const site = await startWithAnn(t)
  const browser = site.browser()
  const state = (await browser.begin()).searchParams.get('state')
  const issuer = encodeURIComponent(site.idp.issuer)
  const answer = await browser.send(
    'GET',
    `/login/callback?state=${state}&iss=${issuer}&error=Call%20555-0199&error_description=%3Cb%3E`,
  )
  assert.deepEqual(refusal(answer), [403, 'login-denied'])
  assert.ok(![answer.text, ...site.logged].some((text) => /555|<b>/.test(text)))
})

test('a code that the provider never gave, or an answer of another provider, lets nobody in', async (t) => {
  const site = await startWithAnn(t)
  for (const [iss, expected] of [
    [site.idp.issuer, [400, 'login-code']],
    ['https://evil.test', [502, 'login-untrusted']],
  ] as const) {
    const browser = site.browser()
    const state = (await browser.begin()).searchParams.get('state')
    const query = new URLSearchParams({ state: state ?? '', code: 'made-up', iss })
    assert.deepEqual(refusal(await browser.send('GET', `/login/callback?${query}`)), expected)
  }
  assertNobody(site)
})

test('an ID token of another issuer lets nobody in', async (t) => {
  const real = await startWithAnn(t)
  const front = createServer((_, response) => {
    void (async () => {
      const told = await (await fetch(`${real.idp.issuer}/.well-known/openid-configuration`)).json()
      const { port } = front.address() as AddressInfo
      response.setHeader('content-type', 'application/json')
      const { authorization_response_iss_parameter_supported: _, ...rest } = told as Record<string, unknown>
      response.end(JSON.stringify({ ...rest, issuer: `http://127.0.0.1:${port}` }))
    })()
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  t.after(() => front.close())
  const { port } = front.address() as AddressInfo
  const site = await startLogins(t, { login: { issuer: `http://127.0.0.1:${port}` } })
  const browser = site.browser()
  const back = (await browser.through(await browser.begin())).replace(/&iss=[^&]+/, '')
  assert.deepEqual(refusal(await browser.send('GET', back)), [502, 'login-untrusted'])
  assertNobody(site)
})

test('a controller whose secret the provider does not take says that nobody can log in', async (t) => {
  const site = await startWithAnn(t, { login: { secret: async () => `${CLIENT.secret}-of-old` } })
  const answer = await site.browser().logIn()
  assert.deepEqual(refusal(answer), [503, 'login-unavailable'])
  assertNobody(site)
})

test('a secret that cannot be read keeps nobody but those who log in, until it can', async (t) => {
  let readable = false
  const secret = async (): Promise<string> => {
    if (readable) return CLIENT.secret
    throw new Error('file:secret: the file cannot be read')
  }
  const site = await startWithAnn(t, { login: { secret } })
  assert.deepEqual(refusal(await site.browser().send('GET', '/login')), [503, 'login-unavailable'])
  assert.equal((await site.send('GET', '/v1/whoami')).status, 200)
  readable = true
  assert.equal((await site.browser().logIn()).status, 303)
})

test('while the provider is down, at the start or later, only logins fail, and they work again with it', async (t) => {
  const site = await startWithAnn(t)
  await site.idp.stop()
  const down = await site.browser().send('GET', '/login')
  assert.deepEqual(refusal(down), [503, 'login-unavailable'])
  assert.equal(down.headers['retry-after'], '10')
  assert.equal((await site.send('GET', '/v1/blocks')).status, 200)
  await site.idp.start()
  const ann = await site.as('ann')
  const browser = site.browser()
  const back = await browser.through(await browser.begin())
  await site.idp.stop()
  assert.deepEqual(refusal(await browser.send('GET', back)), [503, 'login-unavailable'])
  assert.equal((await ann.send('GET', '/v1/blocks')).status, 200)
  assert.equal(
    (await ann.act('POST', '/v1/tokens', { name: 'x', roles: ['analyst'], origin: 'person', duration: '1h' }))
      .status,
    201,
  )
})

test('without a provider the routes say so', async (t) => {
  const { send } = await startFace(t)
  for (const url of ['/login', '/login/callback?state=x'])
    assert.deepEqual(refusal(await send('GET', url, { as: null })), [404, 'login-unconfigured'])
})
