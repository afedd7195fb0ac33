import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ANSWER_MARKER } from '../../src/domain/message.ts'
import { composeMail, mailSubject, mailText } from '../../src/notify/mail/compose.ts'
import type { MailMessage } from '../../src/notify/mail/message.ts'
import { parseMail } from '../../src/notify/mail/parse-mail.ts'
import { readMail } from '../../src/notify/mail/read-mail.ts'
import { MAIL_LIMITS, MailUnreadable } from '../../src/notify/mail/received.ts'
import { cleanLine, writtenText } from '../../src/notify/mail/written-text.ts'
import { isSignedWebhook, webhookHeaders } from '../../src/notify/webhook/signature.ts'
import { holds } from '../helpers/property.ts'
import { realClock } from '../helpers/system-clock.ts'

const atom = fc.stringMatching(/^[A-Za-z0-9#$&'*+=?^_`{|}~-]{1,20}$/)
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
const top = fc.stringMatching(/^[a-z]{2,10}$/)
const mail = fc.tuple(atom, label, top).map(([local, a, b]) => `${local}@${a}.${b}`)
const nasty = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '',
    ' ',
    '\r\nBcc: x@y.example',
    '=?utf-8?Q?a?=',
    'a\0b',
    '.',
    'From x',
    '\u2028',
    '😀'.repeat(300),
  ),
)
const lines = fc.array(nasty, { maxLength: 8 }).map((all) => all.join('\n'))
const address = fc.record({ name: nasty, mail })
const message: fc.Arbitrary<MailMessage> = fc.record({
  id: mail,
  from: address,
  replyTo: address,
  to: fc.array(address, { minLength: 1, maxLength: 5 }),
  cc: fc.array(address, { maxLength: 3 }),
  subject: nasty,
  text: lines,
  date: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
  inReplyTo: mail,
  references: fc.array(mail, { maxLength: 25 }),
  headers: fc.constant({ 'X-Cordon-Reference': '1042' }),
})

describe('a mail that is composed', () => {
  it('is read as what it was made of', () =>
    holds(
      fc.asyncProperty(message, async (made) => {
        const { bytes } = await composeMail(made)
        const read = await parseMail(bytes, MAIL_LIMITS)
        assert.deepEqual(read.from, [made.from.mail])
        assert.deepEqual(read.to, [...new Set([...made.to, ...made.cc].map((one) => one.mail))])
        assert.equal(read.subject, cleanLine(mailSubject(made.subject), 500))
        assert.equal(read.text, writtenText(mailText(made.text), 20_000).text)
        assert.deepEqual([read.id, read.date, read.inReplyTo], [made.id, made.date, [made.inReplyTo]])
        assert.deepEqual(read.references, made.references.slice(-20))
        assert.deepEqual([read.automatic, read.attachments], [true, []])
      }),
      300,
    ))

  it('is ASCII in short lines, with the header fields that it should have and no others', () =>
    holds(
      fc.asyncProperty(message, async (made) => {
        const text = (await composeMail(made)).bytes.toString('latin1')
        assert.match(text, /^[\t\r\n\x20-\x7e]*$/)
        assert.doesNotMatch(text, /\r(?!\n)|(?<!\r)\n/)
        for (const line of text.split('\r\n')) assert.ok(line.length <= 998)
        const [header = ''] = text.split('\r\n\r\n')
        const names = header
          .split(/\r\n(?![\t ])/)
          .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
        const known = `from,reply-to,to,cc,subject,message-id,in-reply-to,references,date,mime-version,content-type,content-transfer-encoding,auto-submitted,x-auto-response-suppress,x-cordon-reference`
        assert.deepEqual(
          names.filter((name) => !known.split(',').includes(name)),
          [],
        )
        assert.equal(new Set(names).size, names.length, 'each once')
      }),
      300,
    ))

  it('is the same at each try', () =>
    holds(
      fc.asyncProperty(message, async (made) => {
        assert.deepEqual((await composeMail(made)).bytes, (await composeMail(made)).bytes)
      }),
      100,
    ))

  it('ends, in an answer, where the marker stands', () =>
    holds(
      fc.property(lines, lines, fc.constantFrom('', '> ', '>> ', '  | ', '> > '), (above, below, quote) => {
        const { text, cut } = writtenText(`${above}\n${quote}${ANSWER_MARKER}\n${below}`, 20_000)
        assert.deepEqual({ text, cut }, { text: writtenText(above, 20_000).text, cut: true })
      }),
      300,
    ))
})

const piece = fc.constantFrom(
  ...[
    'From: a@b.example',
    'From: ',
    'To: ',
    'Subject: =?utf-8?B?',
    '?=',
    'Content-Type: multipart/mixed; boundary=b',
  ],
  ...[
    'Content-Type: text/html',
    'Content-Type: multipart/report; boundary="b"',
    'Content-Transfer-Encoding: base64',
  ],
  ...[
    'Content-Transfer-Encoding: quoted-printable',
    '=',
    '\r\n',
    '\r\n\r\n',
    '--b',
    '--b--',
    '\n',
    '\r',
    '\t',
    '"',
    '<',
  ],
  ...[
    'Authentication-Results: a; dkim=pass',
    '(',
    ';',
    '\0',
    '\xff',
    '<script>',
    '<b>',
    'Content-Type: message/rfc822',
  ],
)
const odd = fc.oneof(
  fc
    .array(piece, { maxLength: 40 })
    .map((all) => Buffer.from(`From: a@b.example\r\n${all.join('\r\n')}`, 'latin1')),
  fc.array(piece, { maxLength: 40 }).map((all) => Buffer.from(all.join(''), 'latin1')),
  fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
)

async function readOrRefuse(read: Promise<unknown>): Promise<void> {
  await read.catch((error: unknown) => assert.ok(error instanceof MailUnreadable, String(error)))
}

describe('any bytes', () => {
  it('are a mail or are not', () =>
    holds(
      fc.asyncProperty(odd, (raw) => readOrRefuse(parseMail(raw, MAIL_LIMITS))),
      1_000,
    ))

  it('are so in a thread, too', () =>
    holds(
      fc.asyncProperty(odd, (raw) => readOrRefuse(readMail(raw, { clock: realClock() }))),
      10,
    ))
})

describe('a webhook', () => {
  const key = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => Buffer.from(bytes))
  const signed = fc.record({
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
    timestamp: fc.integer({ min: 0, max: 4_000_000_000 }),
    body: fc.string({ unit: 'grapheme', maxLength: 200 }),
  })

  it('is known by its signature, and never with a byte changed', () =>
    holds(
      fc.property(
        signed,
        key,
        key,
        fc.nat(),
        fc.constantFrom('id', 'time', 'body', 'signature', 'key'),
        (of, a, b, at, part) => {
          const now = of.timestamp * 1_000
          const headers = webhookHeaders(of, [a, b])
          assert.ok(
            isSignedWebhook({ ...headers }, of.body, [a], now) &&
              isSignedWebhook({ ...headers }, of.body, [b], now),
          )
          const change = (text: string) => {
            const bytes = Buffer.from(`${text} `)
            bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1
            return bytes.toString('latin1')
          }
          const wrong = {
            id: () => isSignedWebhook({ ...headers, 'webhook-id': change(of.id) }, of.body, [a], now),
            time: () =>
              isSignedWebhook(
                { ...headers, 'webhook-timestamp': String(of.timestamp + 1) },
                of.body,
                [a],
                now,
              ),
            body: () => isSignedWebhook({ ...headers }, change(of.body), [a], now),
            signature: () => {
              const [one = ''] = headers['webhook-signature'].split(' ')
              const place = 3 + (at % 42)
              const other = one[place] === 'A' ? 'B' : 'A'
              return isSignedWebhook(
                { ...headers, 'webhook-signature': one.slice(0, place) + other + one.slice(place + 1) },
                ...([of.body, [a], now] as const),
              )
            },
            key: () =>
              isSignedWebhook({ ...headers }, of.body, [Buffer.from(a.map((byte) => byte ^ 1))], now),
          }
          assert.ok(!wrong[part]())
        },
      ),
      500,
    ))
})
