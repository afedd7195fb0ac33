import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { MOST_HELD } from '../../src/app/mail-in/take-mail.ts'
import { inTurn, MAIL_TURNS } from '../../src/notify/mail/in-turn.ts'
import { Mailbox, readAside, readHere } from './mailbox.ts'

const MIB = 1 << 20
const SPAM = { subject: 'buy', from: 'x@spam.example' }

interface Sent {
  readonly sending: ReturnType<typeof request>
  /** Status and body; nothing when the connection was cut off before. */
  readonly answer: Promise<{ readonly status: number; readonly text: string } | undefined>
}

/** Begins to send a mail over a real connection. */
function begin({ client, mailer }: Mailbox, headers: Readonly<Record<string, string>> = {}): Sent {
  const { port } = client.server.server.address() as AddressInfo
  const sending = request({
    ...{ host: '127.0.0.1', port, method: 'POST', path: '/v1/mail' },
    headers: { authorization: `Bearer ${mailer}`, 'content-type': 'message/rfc822', ...headers },
  })
  const answer = new Promise<{ status: number; text: string } | undefined>((resolve) => {
    sending.once('response', (response: IncomingMessage) => {
      let text = ''
      response.on('data', (part) => {
        text += String(part)
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.once('error', () => resolve(undefined))
    })
    sending.on('error', () => resolve(undefined))
  })
  return { sending, answer }
}

/** Writes so many MiB, or as long as the other side takes them. */
async function write({ sending, answer }: Sent, pieces: number): Promise<void> {
  const piece = Buffer.alloc(MIB, 'x')
  sending.setMaxListeners(0)
  const stopped = answer.then(() => 'stopped')
  for (let sent = 0; sent < pieces; sent += 1) {
    if (sending.destroyed) return
    if (sending.write(piece)) continue
    if ((await Promise.race([once(sending, 'drain'), stopped])) === 'stopped') return
  }
}

describe('a mail of 50 MB', () => {
  it('is refused by its length, before any of it has come', async (t) => {
    const box = await Mailbox.open(t)
    await box.client.server.listen({ port: 0, host: '127.0.0.1' })
    const sent = begin(box, { 'content-length': String(50 * MIB) })
    sent.sending.flushHeaders()
    const told = await sent.answer
    sent.sending.destroy()
    assert.equal(told?.status, 413, told?.text)
    assert.match(told?.text ?? '', /"detail":"a mail has 10485760 bytes at the most; this one has more"/)
  })

  it('without a length is refused at its 10 MiB and a byte, and never kept', async (t) => {
    const box = await Mailbox.open(t)
    await box.client.server.listen({ port: 0, host: '127.0.0.1' })
    const over = begin(box)
    await write(over, 10)
    over.sending.write('x')
    assert.equal((await over.answer)?.status, 413)
    over.sending.destroy()
    const before = process.memoryUsage().rss
    const flood = begin(box)
    await write(flood, 50)
    const told = await flood.answer
    flood.sending.destroy()
    // Whoever goes on sending may find the connection cut off before it has read the answer.
    assert.ok(told === undefined || told.status === 413)
    const more = (process.memoryUsage().rss - before) / MIB
    t.diagnostic(`${more.toFixed(1)} MiB more`)
    assert.ok(more < 40, `${more} MiB`)
    assert.deepEqual(await box.held(), [])
  })
})

describe('many mails', () => {
  it('are read so many at once, and those that would wait for too long are to come again', async (t) => {
    let [now, most] = [0, 0]
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const read = inTurn(async (raw: Uint8Array) => {
      now += 1
      most = Math.max(most, now)
      await gate
      now -= 1
      return readHere(raw)
    }, MAIL_TURNS)
    const box = await Mailbox.open(t, read)
    const all = Array.from({ length: 30 }, () => box.send(SPAM))
    const refused = await Promise.race(all)
    assert.deepEqual([refused.status, refused.json['code']], [503, 'mail-busy'])
    assert.match(String(refused.headers['retry-after']), /^\d+$/)
    open()
    const taken = (await Promise.all(all)).filter(({ status }) => status === 200)
    assert.equal(taken.length, MAIL_TURNS.atOnce + MAIL_TURNS.waiting)
    assert.equal(most, MAIL_TURNS.atOnce)
  })

  it('in threads of their own are read, and what cannot be takes no turn away', async (t) => {
    const box = await Mailbox.open(t, readAside())
    for (const raw of ['', 'no mail at all', Buffer.alloc(MIB)])
      assert.equal((await box.raw(raw)).json['code'], 'mail-unreadable')
    assert.deepEqual(await box.outcome({ inReplyTo: box.thread(box.block) }), ['taken', 'request.filed'])
  })

  it('of strangers fill no memory, and keep no answer from being taken', async (t) => {
    const box = await Mailbox.open(t)
    for (let sent = 0; sent < MOST_HELD; sent += 1) await box.outcome(SPAM)
    const more = await box.send(SPAM)
    assert.deepEqual([more.status, more.json['code']], [503, 'mail-full'])
    assert.deepEqual(await box.outcome({ inReplyTo: box.thread(box.block) }), ['taken', 'request.filed'])
    const vacation = { headers: ['Auto-Submitted: auto-replied'] }
    assert.deepEqual(await box.outcome(vacation), ['ignored', 'automatic'])
    const [first] = await box.held()
    await box.client.send('POST', `/v1/mail/${String(first?.['id'])}:done`)
    assert.deepEqual(await box.outcome(SPAM), ['held', 'no-reference'])
  })

  it('with the longest names of ninety files take no more room than was kept for them', async (t) => {
    const box = await Mailbox.open(t)
    const { ledger } = box.client.app
    const room: number[] = []
    const commit = ledger.commit.bind(ledger)
    t.mock.method(ledger, 'commit', (decide: never, options: { readonly bytes: number }) => {
      room.push(options.bytes)
      return commit(decide, options as never)
    })
    const name = encodeURIComponent('ä'.repeat(200))
    const file = `--b\r\nContent-Type: text/plain; name*=utf-8''${name}\r\nContent-Disposition: attachment\r\n\r\nx\r\n`
    const headers = ['Content-Type: multipart/mixed; boundary=b']
    await box.outcome({ ...SPAM, headers, text: `${file.repeat(90)}--b--` })
    const kept = Buffer.byteLength(JSON.stringify((await box.held())[0]))
    assert.ok(kept > 30_000, `${kept}`)
    assert.ok(Math.max(...room) > kept, `${room} for ${kept}`)
  })
})
