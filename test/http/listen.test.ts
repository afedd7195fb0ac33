import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { get as getTls } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { whyNotListen } from '../../src/domain/safe-listening.ts'
import { type ListenOptions, serve } from '../../src/http/listen.ts'
import { makeApp } from '../helpers/app.ts'

/** Node cannot make a certificate by itself. */
const OPENSSL = 'openssl'

const files = { certFile: 'a.crt', keyFile: 'a.key' }

test('tokens never cross a network in clear', () => {
  const fine: ListenOptions[] = [
    { host: '127.0.0.1', port: 1 },
    { host: '127.9.9.9', port: 1 },
    { host: '::1', port: 1 },
    { host: 'localhost', port: 1 },
    { host: '0.0.0.0', port: 1, tls: files },
    { host: '::', port: 1, behindTlsProxy: true },
  ]
  for (const options of fine) assert.equal(whyNotListen(options), undefined)
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'cordon.example', '127.example', '::ffff:127.0.0.1', ''])
    assert.match(whyNotListen({ host }) ?? '', /in clear.*tls.*behindTlsProxy/)
})

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cordon-listen-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function served(t: TestContext, options: Partial<ListenOptions>) {
  const app = await makeApp()
  t.after(() => app.close())
  const listening = await serve(app, { version: '1' }, { host: '127.0.0.1', port: 0, ...options })
  t.after(() => listening.close())
  return listening
}

function fetchText(ask: typeof get, options: object): Promise<string> {
  return new Promise((resolve, reject) => {
    ask({ path: '/livez', agent: false, ...options }, (answer) => {
      let text = ''
      answer.on('data', (part) => {
        text += String(part)
      })
      answer.on('end', () => resolve(text))
    }).on('error', reject)
  })
}

test('an unsafe address is refused before anything listens', async (t) => {
  await assert.rejects(served(t, { host: '0.0.0.0' }), /in clear/)
})

test('one API answers on TCP and on a Unix socket, which only the owner and group may use', async (t) => {
  const socket = join(await folderFor(t), 'api.sock')
  const { url, close } = await served(t, { socket })
  const { port } = new URL(url)
  assert.equal(await fetchText(get, { host: '127.0.0.1', port }), '{"status":"live"}')
  assert.equal(await fetchText(get, { socketPath: socket }), '{"status":"live"}')
  await close()
  await assert.rejects(fetchText(get, { socketPath: socket }))
})

test('a socket left by a crash is replaced; a living one and a plain file are not', async (t) => {
  const folder = await folderFor(t)
  const stale = join(folder, 'stale.sock')
  const script = `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`
  assert.throws(() => execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' }))
  await served(t, { socket: stale })
  assert.equal(await fetchText(get, { socketPath: stale }), '{"status":"live"}')

  const living = join(folder, 'living.sock')
  const other = createServer().listen(living)
  t.after(() => other.close())
  await assert.rejects(served(t, { socket: living }), /another process listens/)
  const plain = join(folder, 'notes.txt')
  await writeFile(plain, 'keep me')
  await assert.rejects(served(t, { socket: plain }), /is no socket/)
  assert.equal(await readFile(plain, 'utf8'), 'keep me')
})

test('TLS is spoken where it is configured', async (t) => {
  const folder = await folderFor(t)
  const tls = { certFile: join(folder, 'a.crt'), keyFile: join(folder, 'a.key') }
  const subject = ['-subj', '/CN=localhost', '-days', '1', '-keyout', tls.keyFile, '-out', tls.certFile]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync(OPENSSL, ['req', '-x509', ...key, ...subject], { stdio: 'ignore' })
  const { url } = await served(t, { tls })
  assert.match(url, /^https:/)
  const { port } = new URL(url)
  const ca = await readFile(tls.certFile)
  const text = await fetchText(getTls as typeof get, { host: '127.0.0.1', port, ca, servername: 'localhost' })
  assert.equal(text, '{"status":"live"}')
  await assert.rejects(fetchText(get, { host: '127.0.0.1', port }))
})
