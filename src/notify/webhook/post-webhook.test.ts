import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { makeCertificate } from '../../../test/helpers/certificate.ts'
import { realClock } from '../../../test/helpers/system-clock.ts'
import { type Posted, postWebhook, readRetryAfter, type WebhookTarget } from './post-webhook.ts'
import { isSignedWebhook, readWebhookSecrets, webhookHeaders } from './signature.ts'

const SECRET = 'a secret of more than twenty-four bytes'
const AT = Date.UTC(2026, 10, 20, 12)
const HOOK = { id: 'evt_1', at: AT, body: '{"block":1042}' }

async function receiver(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
}

function post(
  url: string,
  more: Partial<WebhookTarget> = {},
  signal = new AbortController().signal,
): Promise<Posted> {
  const target = { url, secret: async () => SECRET, timeout: 10_000, ...more }
  return postWebhook(target, HOOK, { clock: realClock(), signal })
}

const says =
  (status: number, headers = {}, body = '') =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, headers).end(body)

describe('a webhook', () => {
  it('comes signed by every key', async (t) => {
    const seen: { headers: IncomingMessage['headers']; body: string }[] = []
    const url = await receiver(t, (request, response) => {
      text(request).then((body) => {
        seen.push({ headers: request.headers, body })
        response.end('thanks')
      }, assert.fail)
    })
    const old = `whsec_${Buffer.from('another secret of twenty-four bytes').toString('base64')}`
    assert.deepEqual(await post(url, { secret: async () => `${SECRET}\n${old}\n` }), {
      ...{ outcome: 'sent', words: '200 thanks' },
    })
    const [one] = seen
    assert.equal(one?.body, HOOK.body)
    assert.deepEqual(
      [one.headers['webhook-id'], one.headers['webhook-timestamp']],
      ['evt_1', String(AT / 1_000)],
    )
    const headers = one.headers as Record<string, string>
    for (const key of [SECRET, old])
      assert.ok(
        isSignedWebhook(headers, one.body, readWebhookSecrets(key), AT + 299_000),
        'either key will do',
      )
    assert.ok(!isSignedWebhook(headers, one.body, readWebhookSecrets(SECRET), AT + 301_000), 'too late')
    assert.ok(!isSignedWebhook(headers, one.body, readWebhookSecrets(SECRET), AT - 301_000), 'too soon')
    assert.ok(!isSignedWebhook(headers, one.body, readWebhookSecrets(`${SECRET}!`), AT), 'another key')
  })

  it('has this signature, to the byte', () => {
    // printf msg_1.1614265330.'{"test": 2432232314}' | openssl dgst -sha256 -hmac KEY -binary | base64
    const keys = readWebhookSecrets('0123456789abcdef0123456789abcdef')
    const signed = { id: 'msg_1', timestamp: 1_614_265_330, body: '{"test": 2432232314}' }
    assert.equal(
      webhookHeaders(signed, keys)['webhook-signature'],
      'v1,aTF4+pE6A/FmvKM0YSVBBUfRhLIlBiaBUR+EjGls6Mc=',
    )
  })

  const outcomes: readonly [status: number, headers: object, expected: object][] = [
    [204, {}, { outcome: 'sent' }],
    [400, {}, { outcome: 'refused' }],
    [404, {}, { outcome: 'refused' }],
    [410, {}, { outcome: 'refused' }],
    [408, {}, { outcome: 'later', class: 'busy' }],
    [425, {}, { outcome: 'later', class: 'busy' }],
    [429, { 'retry-after': '120' }, { outcome: 'later', class: 'busy', after: 120_000 }],
    [500, { 'retry-after': '999999999' }, { outcome: 'later', class: 'busy', after: 86_400_000 }],
    [503, { 'retry-after': 'soon' }, { outcome: 'later', class: 'busy' }],
  ]
  for (const [status, headers, expected] of outcomes)
    it(`that is answered by ${status} ${JSON.stringify(headers)} is ${JSON.stringify(expected)}`, async (t) => {
      const { words, ...posted } = await post(await receiver(t, says(status, headers, 'line 1\nline 2')))
      assert.deepEqual(posted, expected)
      assert.match(words, status === 204 ? /^204$/ : /^\d{3} line 1 line 2$/)
    })

  it('is not sent on to elsewhere', async (t) => {
    const asked: string[] = []
    const elsewhere = await receiver(t, (request, response) => {
      asked.push(request.url ?? '')
      response.end()
    })
    for (const status of [301, 302, 307, 308])
      assert.equal((await post(await receiver(t, says(status, { location: elsewhere })))).outcome, 'refused')
    assert.deepEqual(asked, [])
  })

  it('is tried again when nobody answers, in time', async (t) => {
    const silent = await receiver(t, () => undefined)
    assert.deepEqual(await post(silent, { timeout: 100 }), {
      ...{ outcome: 'later', class: 'timeout', words: 'no answer within 0.1 s' },
    })
    const dripping = await receiver(t, (_, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('x'), 10)
      response.on('close', () => clearInterval(drip))
    })
    assert.equal((await post(dripping, { timeout: 200 })).outcome, 'later')
    const gone = await receiver(t, (request) => request.socket.destroy())
    assert.equal((await post(gone)).outcome, 'later')
    const nobody = await post('http://127.0.0.1:1/')
    assert.ok(nobody.outcome === 'later' && nobody.class === 'unreachable')
    assert.match(nobody.words, /ECONNREFUSED/)
  })

  it('reads no more than the beginning of an answer', async (t) => {
    const endless = await receiver(t, (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('y'.repeat(60_000)));
      }
      response.on('drain', more)
      more()
    })
    const { outcome, words } = await post(endless)
    assert.equal(outcome, 'sent')
    assert.ok(words.length <= 300)
  })

  it('is over at once when the controller stops', async (t) => {
    const stop = new AbortController()
    const url = await receiver(t, () => stop.abort())
    assert.deepEqual(await post(url, {}, stop.signal), {
      ...{ outcome: 'later', class: 'unreachable', words: 'Cordon is being stopped' },
    })
  })

  it('goes over https to a receiver that is vouched for', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'cordon-webhook-'))
    const { certFile, keyFile } = makeCertificate(folder)
    const server = createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, says(200))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    })
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    assert.equal((await post(url, { caFile: certFile })).outcome, 'sent')
    const unknown = await post(url)
    assert.ok(unknown.outcome === 'later' && unknown.class === 'tls')
    assert.match(unknown.words, /certificate/)
    const unread = await post(url, { caFile: join(folder, 'none.pem') })
    assert.ok(unread.outcome === 'later' && unread.class === 'tls')
  })

  it('waits for a person where its secret cannot be read', async () => {
    const secret = (): Promise<string> =>
      Promise.reject(new Error('file:soc.secret: the file cannot be read'))
    assert.deepEqual(await post('http://127.0.0.1:1/', { secret }), {
      ...{ outcome: 'later', class: 'auth', words: 'file:soc.secret: the file cannot be read' },
    })
  })

  for (const url of [
    'http://chat.example.org/',
    'ftp://127.0.0.1/',
    'nowhere',
    'https://a:b@chat.example.org/',
  ])
    it(`never goes to ${url}`, () => assert.rejects(post(url), { code: 'url' }))

  for (const [what, secret] of [
    ['short', 'too short'],
    ['short in base64', `whsec_${Buffer.from('short').toString('base64')}`],
    ['no base64', 'whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!'],
    ['empty', ''],
  ] as const)
    it(`is not signed by a secret that is ${what}, which is not told`, () => {
      assert.throws(
        () => readWebhookSecrets(secret),
        (error: Error & { code?: string }) =>
          error.code === 'webhook-secret' &&
          (secret === '' || !error.message.includes(secret.replace('whsec_', ''))),
      )
    })

  it('waits until a date, too', () => {
    assert.equal(readRetryAfter('Fri, 20 Nov 2026 12:01:00 GMT', AT), 60_000)
    assert.equal(readRetryAfter('Fri, 20 Nov 2026 11:00:00 GMT', AT), 0)
  })
})
