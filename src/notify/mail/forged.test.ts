import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseMail } from './parse-mail.ts'
import { MAIL_LIMITS, type ReadMail } from './received.ts'

const FROM = 'From: IT <it@physics.example.org>\r\n'

function read(text: string | Buffer): Promise<ReadMail> {
  return parseMail(typeof text === 'string' ? Buffer.from(text) : text, MAIL_LIMITS)
}

const mail = (headers: string) => `${FROM}${headers}\r\ncleaned\r\n`
const parts = (...all: readonly string[]) => `${all.map((one) => `--b\r\n${one}\r\n`).join('')}--b--\r\n`

describe('a sender', () => {
  for (const [what, from] of [
    ['is not there', ''],
    ['is empty', 'From: \r\n'],
    ['is two fields', `${FROM}From: other@example.org\r\n`],
    ['is a list', 'From: a@b.example, c@d.example\r\n'],
    ['is a group', 'From: Us: a@b.example;\r\n'],
    ['is two brackets', 'From: <a@b.example> <c@d.example>\r\n'],
    ['is beside a bracket', 'From: a@b.example <c@d.example> e@f.example\r\n'],
    ['is hidden in an encoded word', 'From: =?utf-8?Q?a=40b.example?=\r\n'],
    ['has a line break in an encoded word', 'From: <=?utf-8?Q?a=0D=0ABcc:x?=@b.example>\r\n'],
    ['is quoted', 'From: "a@b.example"\r\n'],
    ['goes by a relay', 'From: <@c.example:a@b.example>\r\n'],
    ['has a NUL', 'From: <a\0@b.example>\r\n'],
    ['is not ASCII', 'From: <jürgen@b.example>\r\n'],
  ] as const)
    it(`that ${what} is none`, () =>
      assert.rejects(read(`${from}Subject: x\r\n\r\nx`), { name: 'MailUnreadable', code: 'no-sender' }))

  for (const from of [
    'it@Physics.Example.org',
    'it@physics.example.org (IT of physics <x@y.example>)',
    '"IT, <boss@example.org>" <it@physics.example.org>',
    '=?utf-8?B?4oCudHNvYg==?= \u202E\u200B <it@physics.example.org>',
    'boss@example.org <it@physics.example.org>',
    '=?utf-8?Q?boss=0D=0ABcc=3A_x@y.example?= <it@physics.example.org>',
  ])
    it(`is whoever the address names, whatever the name is: ${JSON.stringify(from)}`, async () => {
      const { from: senders, to } = await read(`From: ${from}\r\nTo: x@y.example\r\n\r\nx`)
      assert.deepEqual([senders, to], [['it@physics.example.org'], ['x@y.example']])
    })
})

describe('a forged header', () => {
  it('in an encoded word is text of the subject', async () => {
    const { subject, to } = await read(
      mail('Subject: =?utf-8?Q?a=0D=0ABcc:_x@y.example=0D=0A=0D=0Abody?=\r\n'),
    )
    assert.equal(subject, 'a Bcc: x@y.example body')
    assert.deepEqual(to, [])
  })

  it('of authentication is told with the server that it names, from the top', async () => {
    const { authentication } = await read(
      mail(
        'Authentication-Results: MX.example.org (a;b) 1;\r\n dkim=pass (2048 bit) header.d=Physics.example.org header.s=k;\r\n' +
          ' spf=fail smtp.mailfrom=it@other.example; dmarc=none; x-else=pass\r\n' +
          'Authentication-Results: forged.example; dkim=pass header.i=@evil.example; dmarc=pass header.from="a;dkim=pass"\r\n' +
          'Authentication-Results: none.example; none\r\n',
      ),
    )
    assert.deepEqual(authentication, [
      { field: 0, server: 'mx.example.org', method: 'dkim', result: 'pass', domain: 'physics.example.org' },
      { field: 0, server: 'mx.example.org', method: 'spf', result: 'fail', domain: 'other.example' },
      { field: 0, server: 'mx.example.org', method: 'dmarc', result: 'none' },
      { field: 1, server: 'forged.example', method: 'dkim', result: 'pass', domain: 'evil.example' },
      { field: 1, server: 'forged.example', method: 'dmarc', result: 'pass' },
    ])
  })

  it('or none at all is no obstacle', async () => {
    const { id, references, date, subject } = await read(mail(''))
    assert.deepEqual([id, references, date, subject], [undefined, [], undefined, ''])
  })

  it('with bytes that are no ASCII is read as UTF-8', async () => {
    assert.equal((await read(mail('Subject: gelöscht\r\n'))).subject, 'gelöscht')
    await read(Buffer.from(mail('Subject: gel\u00f6scht\r\n'), 'latin1'))
  })
})

describe('what no person wrote', () => {
  it('a bounce tells of which mail, and for whom', async () => {
    const status =
      'Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; it@Gone.example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n' +
      'Final-Recipient: rfc822; late@example.org\r\nAction: delayed\r\n'
    const report = (statuses: string) =>
      `Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.org\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n${parts(
        'Content-Type: text/plain\r\n\r\nIt could not be delivered.',
        `Content-Type: message/delivery-status\r\n\r\n${statuses}`,
        'Content-Type: text/rfc822-headers\r\n\r\nFrom: csirt@example.org\r\nMessage-ID: <1042.1@cordon.example.org>\r\n',
      )}`
    const bounce = await read(report(status))
    assert.deepEqual(bounce.bounceOf, ['1042.1@cordon.example.org'])
    assert.deepEqual(bounce.failedRecipients, ['it@gone.example.org'])
    assert.deepEqual([bounce.automatic, bounce.returnPath], [true, ''])
    assert.equal((await read(report(status.replace('failed', 'delayed')))).bounceOf, undefined)
  })

  for (const header of [
    'Auto-Submitted: auto-replied',
    'Precedence: bulk',
    'X-Autoreply: yes',
    'List-Id: <news.example.org>',
    'Return-Path: <>',
  ])
    it(`is told by ${header}`, async () => assert.ok((await read(mail(`${header}\r\n`))).automatic))

  it('is not told by Auto-Submitted: no', async () =>
    assert.ok(
      !(await read(mail('Auto-Submitted: no (really)\r\nReturn-Path: <it@physics.example.org>\r\n')))
        .automatic,
    ))
})
