import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { realClock } from '../../../test/helpers/system-clock.ts'
import { parseMail } from './parse-mail.ts'
import { readMail } from './read-mail.ts'
import { MAIL_LIMITS, type ReadMail, type UnreadableCode } from './received.ts'

const FROM = 'From: IT <it@physics.example.org>\r\n'

const bytesOf = (text: string | Buffer) => (typeof text === 'string' ? Buffer.from(text) : text)

/** In this thread, which is quicker: what is read is the same. */
function read(text: string | Buffer): Promise<ReadMail> {
  return parseMail(bytesOf(text), MAIL_LIMITS)
}

/** As the controller does it. */
async function readAside(text: string | Buffer, limits = MAIL_LIMITS): Promise<ReadMail> {
  const mail = await readMail(bytesOf(text), { clock: realClock(), limits })
  assert.ok(!('unread' in mail), 'it took too long')
  return mail
}

const mail = (headers: string, body = 'cleaned\r\n') => `${FROM}${headers}\r\n${body}`

async function unreadable(text: string | Buffer, code: UnreadableCode, limits = MAIL_LIMITS): Promise<void> {
  const began = performance.now()
  await assert.rejects(readAside(text, limits), { name: 'MailUnreadable', code })
  assert.ok(performance.now() - began < 15_000, 'in bounded time')
}

const MIXED = 'Content-Type: multipart/mixed; boundary=b\r\n'
const parts = (...all: readonly string[]) => `${all.map((one) => `--b\r\n${one}\r\n`).join('')}--b--\r\n`

function attached(type: string, name: string, content: Buffer): string {
  const base64 = content.toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  return `Content-Type: ${type}; name="${name}"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${base64}`
}

describe('a mail that is a bomb', () => {
  it('of parts within parts is refused', async () => {
    const deep = Array.from(
      { length: 10_000 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
    )
    await unreadable(`${FROM}${deep.join('')}\r\nx`, 'too-deep')
  })

  it('of mails within mails is one attachment', async () => {
    const inner = 'Content-Type: message/rfc822\r\n\r\n'.repeat(10_000)
    const { attachments } = await readAside(`${FROM}${inner}x`)
    assert.deepEqual(
      attachments.map(({ type }) => type),
      ['message/rfc822'],
    )
  })

  it('of 100,000 parts is refused', () =>
    unreadable(mail(MIXED, parts(...Array.from({ length: 100_000 }, () => '\r\nx'))), 'too-many-parts'))

  it('of 50 MB is refused unread', async () => {
    const before = process.memoryUsage().rss
    const raw = Buffer.alloc(50 << 20, 'x')
    await unreadable(raw, 'too-large')
    assert.ok(process.memoryUsage().rss - before < 120 << 20)
  })

  it('in base64 leaves so much text as is kept', async () => {
    const text = Buffer.alloc(7 << 20, 'spam and more\n')
      .toString('base64')
      .replaceAll(/.{76}/g, '$&\r\n')
    const { text: kept, cut } = await readAside(mail('Content-Transfer-Encoding: base64\r\n', text))
    assert.ok(kept.length <= 20_000 && kept.length > 19_900)
    assert.ok(cut)
  })

  it('of soft line breaks in quoted-printable is read in bounded time', async () => {
    const { text } = await readAside(
      mail('Content-Transfer-Encoding: quoted-printable\r\n', `a${'=\r\n'.repeat(3_000_000)}b`),
    )
    assert.equal(text, 'ab')
  })

  it('with a header of 9 MB is refused', () => unreadable(mail(`X: ${'y'.repeat(9 << 20)}\r\n`), 'too-large'))
  it('with a header of a million lines is refused', () =>
    unreadable(mail('X: y\r\n'.repeat(1_000_000)), 'too-large'))
  it('with a part whose header is 1 MB is refused', () =>
    unreadable(mail(MIXED, parts(`X: ${'y'.repeat(1 << 20)}\r\n\r\nx`)), 'too-large'))

  it('of 100,000 senders is refused', () =>
    unreadable(`From: ${'a@b.example,'.repeat(100_000)}c@d.example\r\n\r\nx`, 'too-large'))
  it('of 20,000 senders is refused', () =>
    unreadable(`From: ${'a@b.example,'.repeat(20_000)}c@d.example\r\n\r\nx`, 'no-sender'))

  it('of as many recipients as a header holds keeps a few', async () => {
    const many = Array.from({ length: 12_000 }, (_, i) => `a${i}@b.example`).join(',')
    assert.equal((await readAside(mail(`To: ${many}\r\n`))).to.length, 100)
  })

  it('of HTML elements within each other is refused, or its text is read', async () => {
    await unreadable(mail('Content-Type: text/html\r\n', '<b>'.repeat(100_000)), 'malformed')
    await unreadable(mail('Content-Type: text/html\r\n', `x${'<p>y</p>'.repeat(1_000_000)}`), 'malformed')
    const both = parts(
      'Content-Type: text/plain\r\n\r\nplain',
      `Content-Type: text/html\r\n\r\n${'<b>'.repeat(100_000)}`,
    )
    assert.match((await readAside(mail(MIXED, both))).text, /plain/)
  })

  it('that takes too long is not read, and of its beginning a person can tell what it is', async () => {
    const glimpsed = async (text: string) => {
      const limits = { ...MAIL_LIMITS, time: 1, text: 100 }
      const { from, subject, text: kept } = await readMail(bytesOf(text), { clock: realClock(), limits })
      return { from, subject, kept }
    }
    const text = mail(
      'Subject: =?utf-8?Q?cle=C3=A4ned?=\r\n\tall\r\n',
      `all\u202E done\r\n${'x'.repeat(1 << 20)}`,
    )
    const { from, subject, kept } = await glimpsed(text)
    assert.deepEqual([from, subject], [['it@physics.example.org'], '=?utf-8?Q?cle=C3=A4ned?= all'])
    assert.match(kept, /^From: IT .*\n\nall done\n[x]+$/s)
    assert.equal(kept.length, 100)
    const nobody = { from: [], subject: '', kept: '' }
    assert.deepEqual(await glimpsed(''), nobody)
    assert.deepEqual((await glimpsed('From: a@b.example, c@d.example\r\n\r\nFrom: e@f.example')).from, [])
    assert.deepEqual((await glimpsed('\r\n\r\nFrom: e@f.example')).from, [])
  })

  for (const [what, text] of [
    ['spaces', mail(`Subject:${' '.repeat(200_000)}x\r\n`)],
    ['comments', mail(`Authentication-Results: ${'('.repeat(100_000)}\r\n`)],
    ['equals signs', mail(`Authentication-Results: a; dkim${' ='.repeat(60_000)}\r\n`)],
    ['brackets', mail(`References: ${'<'.repeat(100_000)}\r\n`)],
    ['encoded words', mail(`Subject: ${'=?utf-8?Q?=?= '.repeat(15_000)}\r\n`)],
    ['folds', mail(`Content-Type: multipart/mixed;${'\r\n\t'.repeat(1_900)} boundary\r\n`)],
    ['quotes', mail(`To: ${'"\\'.repeat(100_000)}\r\n`)],
    ['angles in text', mail('Content-Type: text/html\r\n', '<'.repeat(900_000))],
    ['markers in text', mail('', '> '.repeat(2_000_000))],
    ['hyphens', mail(MIXED, '\n--'.repeat(3_000_000))],
    ['parameters', mail(`Content-Type: text/plain${';a*0=b'.repeat(40_000)}\r\n`)],
  ] as const)
    it(`of ${what} is read in bounded time`, async () => {
      const began = performance.now()
      await readAside(text).catch((error: Error) => assert.equal(error.name, 'MailUnreadable', error.stack))
      assert.ok(performance.now() - began < 10_000)
    })
})

describe('HTML', () => {
  const html = (body: string) => mail('Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n', body)

  it('is read as text, without scripts, and nothing is fetched for it', async () => {
    let asked = 0
    const server = createServer((_, response) => {
      asked += 1
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { text } = await read(
      html(
        `<html><head><style>@import url(${at}/s.css); p{}</style><link rel=stylesheet href=${at}/l.css><script src=${at}/a.js></script></head>` +
          `<body onload="alert(1)"><p>We have cleaned it.</p><img src="${at}/i.png"><script>alert('evil')</script><iframe src="${at}/f"></iframe>` +
          `<object data="${at}/o"></object><video src="${at}/v"></video><svg onload="fetch('${at}')"><text>drawn</text></svg></body></html>`,
      ),
    )
    assert.match(text, /^We have cleaned it\./)
    assert.doesNotMatch(text, /alert|evil|@import|p\{\}/)
    await new Promise((resolve) => setImmediate(resolve))
    server.close()
    assert.equal(asked, 0)
  })

  it('with the marker is cut there', async () => {
    const { text, cut } = await read(
      html(
        '<div>Done.</div><blockquote>-- Please write your answer&nbsp;above this line. --<p>secret</p></blockquote>',
      ),
    )
    assert.deepEqual([text, cut], ['Done.', true])
  })
})

describe('attachments', () => {
  it('are named and no more, whatever they are', async () => {
    const exe = Buffer.from('MZ\x90\0 this program')
    const inner = Buffer.from('From: evil@example.org\r\nSubject: inner\r\n\r\ninner text')
    const bomb = Buffer.alloc(200_000, 0)
    const found = await read(
      mail(
        `${MIXED}Subject: outer\r\n`,
        parts(
          'Content-Type: text/plain\r\n\r\nSee there.',
          attached('application/x-msdownload', '../../etc/\u202Efdp.exe', exe),
          attached('application/zip', 'bomb.zip', bomb),
          attached('application/ms-tnef', 'winmail.dat', exe),
          `Content-Type: message/rfc822\r\n\r\n${inner.toString()}`,
        ),
      ),
    )
    assert.deepEqual(
      [found.text, found.subject, found.from],
      ['See there.', 'outer', ['it@physics.example.org']],
    )
    assert.deepEqual(
      found.attachments.map(({ name, type, bytes }) => [name, type, bytes]),
      [
        ['../../etc/fdp.exe', 'application/x-msdownload', exe.length],
        ['bomb.zip', 'application/zip', bomb.length],
        ['winmail.dat', 'application/ms-tnef', exe.length],
        ['', 'message/rfc822', inner.length],
      ],
    )
    assert.equal(found.attachments[0]?.sha256, createHash('sha256').update(exe).digest('hex'))
    assert.deepEqual(Object.keys(found.attachments[0] ?? {}).sort(), ['bytes', 'name', 'sha256', 'type'])
  })

  for (const [what, type, more] of [
    [
      'S/MIME',
      'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256',
      'application/pkcs7-signature',
    ],
    [
      'PGP',
      'multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256',
      'application/pgp-signature',
    ],
  ] as const)
    it(`of ${what} signatures leave the text to be read`, async () => {
      const signed = parts(
        'Content-Type: text/plain\r\n\r\nSigned words.',
        `Content-Type: ${more}\r\n\r\nMIIabc`,
      )
      const { text, attachments } = await read(mail(`Content-Type: ${type}; boundary=b\r\n`, signed))
      assert.deepEqual([text, attachments.map((one) => one.type)], ['Signed words.', [more]])
    })
})

describe('odd bytes', () => {
  it('of charsets that there are not, or that are refused, are read as far as they go', async () => {
    for (const charset of ['no-such-thing', 'utf-7', 'hex', '"', 'x'.repeat(1_000)])
      assert.match(
        (await read(mail(`Content-Type: text/plain; charset=${charset}\r\n`, 'words \xff +ADw-'))).text,
        /^words/,
      )
  })

  it('that control or turn are taken out', async () => {
    const { text, subject } = await read(
      mail('Subject: a\u202Eb\u200Bc\x07\r\n', 'a\0b\x1b[31m\u202Ec\td\r\n'),
    )
    assert.deepEqual([text, subject], ['ab[31mc\td', 'abc'])
  })

  it('that end in the middle are read as far as they go', async () => {
    const whole = mail(
      MIXED,
      parts('Content-Type: text/plain\r\n\r\nSome words.', attached('a/b', 'c', Buffer.alloc(99))),
    )
    const { text } = await read(whole.slice(0, whole.indexOf('Content-Disposition')))
    assert.equal(text, 'Some words.')
  })
})
