import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { buildServer } from '../../src/http/server.ts'
import { makeApp } from '../helpers/app.ts'
import { cordon } from './harness.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Answers the first connection with the first of these, the second with the second, and so on. */
async function streamServer(t: TestContext, ...answers: Answer[]) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const answer = answers[asked.length - 1] ?? ((_, none) => none.writeHead(500).end())
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { asked, env: { CORDON_URL: `http://127.0.0.1:${port}`, CORDON_TOKEN: 'cordon_t1_secret' } }
}

const message = (seq: number, type = 'block.expired', more: object = {}) => {
  const at = '2026-11-20T12:00:00.000Z'
  const data = { schema: 1, seq, at, type, redacted: false, block: 12, name: 'Cordon#12', ...more }
  return `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

const tell =
  (text: string, end?: 'cut'): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(text, () => {
      if (end === 'cut') response.destroy()
    })
  }

test('the connection breaks off, and it goes on where it was', async (t) => {
  const { asked, env } = await streamServer(
    t,
    tell(`retry: 1\nid: 4\n\n${message(5)}: still here\nid: 9\n\n`, 'cut'),
    tell('id: 9\n\nevent: end\ndata: {"code":"closing","detail":"the controller stops"}\n\n'),
    tell(message(10) + message(11)),
  )
  const ran = await cordon(['events', '--after', '4', '--count', '3', '--json'], { env })
  assert.equal(ran.exit, EXIT.ok, ran.stderr)
  const lines = ran.stdout.trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { seq: number }).seq),
    [5, 10, 11],
  )
  assert.deepEqual(
    asked.map(({ url, headers }) => [url, headers['last-event-id']]),
    [
      ['/v1/events?after=4', undefined],
      ['/v1/events?after=4', '9'],
      ['/v1/events?after=4', '9'],
    ],
  )
  assert.match(ran.stderr, /broke off.*; trying again\n.*the controller stops; trying again/s)
})

test('a line says what happened, and nothing in it steers a terminal', async (t) => {
  const { env } = await streamServer(
    t,
    tell(
      message(7, 'block.created', { target: '192.0.2.7/32', reason: 'scans \u001b[2J "x"', until: null }) +
        message(8, 'blocks.reached', { name: undefined, device: 'edge', reached: 'failed', blocks: [1, 2] }) +
        message(9, 'from.the-future', { redacted: true, odd: { a: 1 } }),
    ),
  )
  const { stdout, exit } = await cordon(['events', '--count', '3'], { env })
  assert.equal(exit, EXIT.ok)
  const [created, reached, future] = stdout.split('\n')
  assert.match(
    created ?? '',
    /^7 2026-11-20 .* {2}block\.created {2}Cordon#12 192\.0\.2\.7\/32 reason="scans \\u001b\[2J \\"x\\"" until=never$/,
  )
  assert.match(reached ?? '', /blocks\.reached {2}edge failed 1,2$/)
  assert.match(future ?? '', /from\.the-future {2}Cordon#12 odd\.a=1 \(personal data erased\)$/)
})

test('what cannot go on ends with a reason and a code', async (t) => {
  const over = await streamServer(
    t,
    tell('event: end\ndata: {"code":"token-ended","detail":"it is over"}\n\n'),
  )
  const ended = await cordon(['events'], { env: over.env })
  assert.deepEqual([ended.exit, ended.stderr], [EXIT.auth, 'cordon: it is over (token-ended)\n'])
  const other = await streamServer(t, (_request, response) => response.writeHead(200).end('hello'))
  const wrong = await cordon(['events'], { env: other.env })
  assert.equal(wrong.exit, EXIT.failure)
  assert.match(wrong.stderr, /does not tell events/)
  const nobody = { CORDON_URL: 'http://127.0.0.1:9', CORDON_TOKEN: 'cordon_t1_secret' }
  assert.match((await cordon(['events'], { env: nobody })).stderr, /no controller answers/)
  for (const [option, value] of [
    ['--after', 'soon'],
    ['--count', '-1'],
  ] as const)
    assert.match(
      (await cordon(['events', option, value])).stderr,
      new RegExp(`${option}: give a whole number`),
    )
  assert.equal((await cordon(['events', '-o', 'yaml'])).exit, EXIT.failure)
})

test('Ctrl-C ends it with 130', async (t) => {
  const stop = new AbortController()
  const { env } = await streamServer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\n\n', () => stop.abort())
  })
  assert.equal((await cordon(['events'], { env, signal: stop.signal })).exit, EXIT.interrupted)
})

test('against a whole controller, from the first event on', async (t) => {
  const app = await makeApp()
  const server = buildServer(app, { version: 'test' })
  t.after(async () => {
    await server.close()
    await app.close()
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const env = { CORDON_URL: url, CORDON_TOKEN: await app.root() }
  const block = ['block', '203.0.113.9', '--for', '1h', '--reason', 'scans', '--yes', '--no-wait']
  assert.equal((await cordon(block, { env })).exit, EXIT.ok)
  const { stdout, exit } = await cordon(['events', '--after', '0', '--count', '2'], { env })
  assert.equal(exit, EXIT.ok)
  assert.match(
    stdout,
    /^1 .* token\.created .*\n2 .* block\.created {2}Cordon#1 203\.0\.113\.9\/32 .*reason=scans/,
  )
  const late = await cordon(['events', '--after', '999'], { env })
  assert.equal(late.exit, EXIT.failure)
  assert.match(late.stderr, /the ledger ends at event \d+.*sequence-unknown/)
})
