import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../../../simulator/eventually.ts'
import { FAKE_KEY, FakeLapi } from '../../../test/helpers/fake-lapi.ts'
import { VirtualClock } from '../../../test/helpers/virtual-clock.ts'
import type { CrowdsecSource } from '../../triggers/source.ts'
import { askLapi, LapiError } from './lapi.ts'

const SOURCE = { name: 'lapi', kind: 'crowdsec', token: 't', key: 'file:x', every: 1_000 } as const
const OPTIONS = { secret: async () => FAKE_KEY, userAgent: 'cordon/test' }

describe("a question to CrowdSec's local API", () => {
  let lapi: FakeLapi
  let clock: VirtualClock
  let closing: AbortController
  beforeEach(async () => {
    lapi = await FakeLapi.start()
    clock = new VirtualClock()
    closing = new AbortController()
  })
  afterEach(() => lapi.close())
  const ask = (more: Partial<CrowdsecSource> = {}, options = OPTIONS) =>
    askLapi({ ...SOURCE, url: lapi.url, ...more }, options, { whole: true, clock, signal: closing.signal })
  const fails = (answer: Promise<unknown>, words: RegExp) =>
    assert.rejects(answer, (error) => error instanceof LapiError && words.test(error.message))

  it('has the answer, and leaves no timer', async () => {
    lapi.add('198.51.100.7', 600)
    const { fresh, deleted } = await ask()
    assert.deepEqual([fresh.length, deleted.length], [1, 0])
    assert.equal(clock.pending, 0)
  })

  it('says what is asked for, beneath the path of the address', async () => {
    let asked = ''
    lapi.onAsked = (url) => {
      asked = url
    }
    const lists = { origins: ['crowdsec', 'cscli'], scopes: ['Ip'], scenarios: ['ssh'] }
    await ask({ url: `${lapi.url}under/a/path`, ...lists })
    assert.equal(
      decodeURIComponent(asked),
      '/under/a/path/v1/decisions/stream?startup=true&dedup=false&origins=crowdsec,cscli&scopes=Ip&scenarios_containing=ssh',
    )
  })

  it('is over after a minute without a whole answer', async () => {
    lapi.fault = 'silent'
    const failed = fails(ask(), /cannot be asked: no whole answer in 60 seconds/)
    await eventually('it was asked', 10_000, () => lapi.asked.length > 0)
    await clock.advance(60_000)
    await failed
  })

  it('is over at once when Cordon stops', async () => {
    lapi.fault = 'silent'
    const failed = fails(ask(), /cannot be asked/)
    await eventually('it was asked', 10_000, () => lapi.asked.length > 0)
    closing.abort()
    await failed
    assert.equal(clock.pending, 0)
  })

  it('says that the key is wrong, and never the key', async () => {
    const wrong = { ...OPTIONS, secret: async () => 'swordfish' }
    await assert.rejects(ask({}, wrong), (error: Error) => {
      assert.match(error.message, /does not take the key \(403\)/)
      assert.doesNotMatch(error.message, /swordfish/)
      return true
    })
  })
})

describe('a question over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-lapi-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const server = createServer()
  before(async () => {
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-keyout', key, '-out', cert, '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1'],
      ],
      { stdio: 'ignore' },
    )
    server.setSecureContext({ key: readFileSync(key), cert: readFileSync(cert) })
    server.on('request', (_, response) => response.end('{"new":null,"deleted":null}'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const ask = (more: Partial<CrowdsecSource>) => {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const asking = { whole: false, clock: new VirtualClock(), signal: new AbortController().signal }
    return askLapi({ ...SOURCE, url, ...more }, OPTIONS, asking)
  }

  it('trusts the certificates that are given, and no others', async () => {
    assert.deepEqual(await ask({ ca: cert }), { fresh: [], deleted: [] })
    await assert.rejects(ask({}), /cannot be asked: .*certificate/)
    await assert.rejects(ask({ ca: join(folder, 'none.pem') }), /none\.pem cannot be read/)
  })
})
