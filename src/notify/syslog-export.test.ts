import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createPlainServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { createServer } from 'node:tls'
import { created } from '../../test/helpers/events.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import { openLedger, put } from '../../test/helpers/test-ledger.ts'
import { EventTail } from '../app/event-tail.ts'
import { SILENT } from '../domain/log.ts'
import { eventJson } from '../http/event-json.ts'
import { positionFile } from './export-position.ts'
import { connectReceiver, type Receiver, type ReceiverPlace } from './receiver.ts'
import { syslogEvent } from './syslog-event.ts'
import { SyslogExport } from './syslog-export.ts'

const folder = mkdtempSync(join(tmpdir(), 'cordon-syslog-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
execFileSync(
  'openssl',
  [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-keyout', keyFile, '-out', certFile, '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ],
  { stdio: 'ignore' },
)

/** Ten times as fast, and with hours to skip. */
function fastClock() {
  const real = realClock()
  const skipped = { ms: 0 }
  return {
    now: () => real.now(),
    monotonic: () => real.monotonic() + skipped.ms,
    after: (ms: number, run: () => void) => real.after(ms / 10, run),
    skip: (ms: number) => {
      skipped.ms += ms
    },
  }
}

interface Listener {
  readonly port: number
  /** Numbers of the events, in the order in which they came, double ones too. */
  readonly seqs: number[]
  readonly sockets: Set<Socket>
  close(): Promise<void>
}

/** A receiver that takes octet-counted messages; `onSocket` may mistreat its connections. */
async function listen(
  t: TestContext,
  {
    tls = true,
    port = 0,
    onSocket = () => {},
  }: { tls?: boolean; port?: number; onSocket?: (socket: Socket) => void } = {},
): Promise<Listener> {
  const seqs: number[] = []
  const sockets = new Set<Socket>()
  const take = (socket: Socket): void => {
    sockets.add(socket)
    let kept = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk])
      for (;;) {
        const space = kept.indexOf(0x20)
        const length = space < 0 ? Number.NaN : Number(kept.toString('ascii', 0, space))
        if (Number.isNaN(length) || kept.length < space + 1 + length) break
        const text = kept.toString('utf8', space + 1, space + 1 + length)
        const json = JSON.parse(text.slice(text.indexOf('\uFEFF') + 1)) as { seq: number; schema: number }
        assert.match(
          text,
          new RegExp(`^<\\d+>1 .* \\[cordon@32473 seq="${json.seq}" schema="${json.schema}"\\] `),
        )
        seqs.push(json.seq)
        kept = kept.subarray(space + 1 + length)
      }
    })
    onSocket(socket)
  }
  const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)]
  const options = { cert, key, ca: [cert], requestCert: true, rejectUnauthorized: true }
  const server = tls ? createServer(options, take) : createPlainServer(take)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  t.after(close)
  return { port: (server.address() as AddressInfo).port, seqs, sockets, close }
}

const TLS = { caFile: certFile, certFile, keyFile, servername: 'localhost' }

async function site(t: TestContext) {
  const here = mkdtempSync(join(folder, 'site-'))
  const clock = fastClock()
  const ledger = await openLedger({ folder: join(here, 'ledger'), clock })
  const tail = new EventTail(ledger)
  const path = join(here, 'position.json')
  const writes = { now: 0, most: 0, bytes: 0 }
  const start = async (place: ReceiverPlace): Promise<SyslogExport> => {
    const exporting = new SyslogExport({
      ...{ ledger, tail, clock, log: SILENT, position: positionFile(path) },
      encode: (recorded) =>
        syslogEvent(recorded, eventJson(recorded), {
          ...({ facility: 'audit', hostname: 'c1', appName: 'cordon', processId: '1' } as const),
        }),
      connect: async (signal) => counting(await connectReceiver(place, clock, signal), writes),
    })
    await exporting.start()
    t.after(() => exporting.close())
    return exporting
  }
  t.after(() => ledger.close())
  let next = 1
  const add = (count: number, reason = 'x') =>
    put(
      ledger,
      Array.from({ length: count }, () => created(next++, { reason })),
    )
  return { clock, ledger, tail, path, start, add, writes }
}

/** How much is under way at once. */
function counting(receiver: Receiver, writes: { now: number; most: number; bytes: number }): Receiver {
  return {
    get broken() {
      return receiver.broken
    },
    onBroken: (listener) => receiver.onBroken(listener),
    end: () => receiver.end(),
    destroy: () => receiver.destroy(),
    write: async (bytes) => {
      writes.now += 1
      writes.most = Math.max(writes.most, writes.now)
      writes.bytes = Math.max(writes.bytes, bytes.length)
      await receiver.write(bytes).finally(() => (writes.now -= 1))
    },
  }
}

async function until(what: string, is: () => boolean): Promise<void> {
  const end = Date.now() + 60_000
  while (!is()) {
    assert.ok(Date.now() < end, `${what} did not come`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** In order and without a gap, whatever was sent twice. */
function assertWhole(seqs: readonly number[], upTo: number): void {
  let highest = 0
  for (const seq of seqs) {
    assert.ok(seq <= highest + 1, `${seq} came after ${highest}`)
    highest = Math.max(highest, seq)
  }
  assert.equal(highest, upTo)
}

test('over TLS with certificates of both sides, what was there and what comes, each once', async (t) => {
  const { add, start, tail } = await site(t)
  await add(300)
  const receiver = await listen(t)
  const exporting = await start({ host: '127.0.0.1', port: receiver.port, tls: TLS })
  await until('the beginning', () => receiver.seqs.length >= 300)
  for (let times = 0; times < 20; times += 1) await add(3)
  await until('the rest', () => receiver.seqs.length >= 360)
  assert.deepEqual(
    receiver.seqs,
    Array.from({ length: 360 }, (_, index) => index + 1),
  )
  assert.equal(exporting.behind, tail.last - 360)
  assert.equal(exporting.alarm(), undefined)
})

test('connections that are cut in the middle of messages lose nothing', async (t) => {
  const { add, start } = await site(t)
  await add(400, 'long words '.repeat(30))
  let cuts = 0
  const receiver = await listen(t, {
    onSocket: (socket) => {
      if (cuts++ < 4) socket.once('data', () => socket.destroy())
    },
  })
  await start({ host: '127.0.0.1', port: receiver.port, tls: TLS })
  await add(100)
  await until('everything', () => receiver.seqs.at(-1) === 500)
  assertWhole(receiver.seqs, 500)
  assert.ok(cuts >= 5)
})

test('after a restart it goes on where the receiver has ended it, or sends again what is in doubt', async (t) => {
  const { add, start, path, clock } = await site(t)
  await add(50)
  const receiver = await listen(t)
  const place = { host: '127.0.0.1', port: receiver.port, tls: TLS }
  const first = await start(place)
  await until('50', () => receiver.seqs.length === 50)
  await first.close()
  assert.equal(readFileSync(path, 'utf8'), '{"seq":50}\n')
  await add(10)
  const second = await start(place)
  await until('60', () => receiver.seqs.length === 60)
  assert.deepEqual(receiver.seqs.slice(-10)[0], 51, 'nothing twice')
  clock.skip(31_000)
  await until('the position', () => readFileSync(path, 'utf8') === '{"seq":60}\n')
  await add(5)
  await until('65', () => receiver.seqs.length === 65)
  await receiver.close()
  await until('the doubt', () => second.behind === 5)
  await second.close()
  assert.equal(readFileSync(path, 'utf8'), '{"seq":60}\n', 'of the last five nobody knows')
  const back = await listen(t, { port: receiver.port })
  await start(place)
  await until('65 again', () => back.seqs.length === 5)
  assert.deepEqual(back.seqs, [61, 62, 63, 64, 65])
})

test('a receiver that takes nothing delays nobody and fills no memory', async (t) => {
  const { add, start, writes, tail } = await site(t)
  let paused = true
  const receiver = await listen(t, {
    tls: false,
    onSocket: (socket) => {
      if (paused) socket.pause()
    },
  })
  const exporting = await start({ host: '127.0.0.1', port: receiver.port })
  const began = Date.now()
  for (let times = 0; times < 30; times += 1) await add(100, 'long words '.repeat(900))
  const took = Date.now() - began
  assert.ok(took < 30_000, `${took} ms`)
  await until('a stall', () => writes.now === 1)
  assert.ok(exporting.behind > 0)
  paused = false
  for (const socket of receiver.sockets) socket.resume()
  await until('everything', () => receiver.seqs.at(-1) === tail.last)
  assertWhole(receiver.seqs, 3_000)
  assert.equal(writes.most, 1)
  assert.ok(writes.bytes < 80_000, `${writes.bytes}`)
})

test('a receiver that is down is an alarm after a minute, and none once it has everything', async (t) => {
  const { add, start, clock } = await site(t)
  const gone = await listen(t)
  await gone.close()
  const exporting = await start({ host: '127.0.0.1', port: gone.port, tls: TLS })
  await add(7)
  clock.skip(59_000)
  assert.equal(exporting.alarm(), undefined)
  clock.skip(5_000)
  await until('the reason', () => /ECONNREFUSED/.test(exporting.alarm() ?? ''))
  assert.match(exporting.alarm() ?? '', /is 7 events behind, for 6\d s/)
  const back = await listen(t, { port: gone.port })
  await until('all', () => back.seqs.length === 7)
  await until('no alarm', () => exporting.alarm() === undefined)
  assert.equal(exporting.behind, 0)
})

test('nothing is told to a receiver that cannot prove who it is', async (t) => {
  const { add, start, clock } = await site(t)
  await add(3)
  const receiver = await listen(t)
  const { caFile: _, ...noCa } = TLS
  const stranger = await start({ host: '127.0.0.1', port: receiver.port, tls: noCa })
  const misnamed = { ...TLS, servername: 'other.example.org' }
  await stranger.close()
  const exporting = await start({ host: '127.0.0.1', port: receiver.port, tls: misnamed })
  clock.skip(61_000)
  await until('a reason', () => /other\.example\.org|does not match/.test(exporting.alarm() ?? ''))
  assert.deepEqual(receiver.seqs, [])
})

test('a position that is further than the ledger, or damaged', async (t) => {
  const { add, start, path } = await site(t)
  await add(3)
  await positionFile(path).write(1_000)
  const receiver = await listen(t)
  const place = { host: '127.0.0.1', port: receiver.port, tls: TLS }
  const exporting = await start(place)
  await add(1)
  await until('the next', () => receiver.seqs.length > 0)
  assert.deepEqual(receiver.seqs, [4])
  await exporting.close()
  execFileSync('sh', ['-c', 'echo nonsense > "$1"', 'sh', path])
  await assert.rejects(start(place), /is not as Cordon writes it; remove it/)
})
