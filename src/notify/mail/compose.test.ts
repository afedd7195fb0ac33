import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { composeMail } from './compose.ts'
import type { MailMessage } from './message.ts'
import { parseMail } from './parse-mail.ts'
import { MAIL_LIMITS } from './received.ts'

const MAIL: MailMessage = {
  id: '1042.1@cordon.example.org',
  from: { name: 'Cordon CSIRT', mail: 'csirt@example.org' },
  to: [{ name: 'IT, Physics', mail: 'it@physics.example.org' }],
  cc: [],
  subject: '[Cordon#1042] 192.0.2.7 is blocked',
  text: 'A host is blocked.\n',
  date: Date.UTC(2026, 10, 20, 12),
  references: [],
  headers: {},
}

async function composed(more: Partial<MailMessage>): Promise<string> {
  return (await composeMail({ ...MAIL, ...more })).bytes.toString()
}

describe('a mail', () => {
  it('says who it is from, that no person wrote it, and to which it belongs', async () => {
    const text = await composed({
      ...{ replyTo: { mail: 'cordon@example.org' }, inReplyTo: '1@rt.example.org' },
      ...{ references: ['0@rt.example.org', '1@rt.example.org'], headers: { 'X-Cordon-Reference': '1042' } },
    })
    for (const line of [
      'From: Cordon CSIRT <csirt@example.org>',
      'To: "IT, Physics" <it@physics.example.org>',
      'Reply-To: cordon@example.org',
      'Subject: [Cordon#1042] 192.0.2.7 is blocked',
      'Message-ID: <1042.1@cordon.example.org>',
      'Date: Fri, 20 Nov 2026 12:00:00 +0000',
      'In-Reply-To: <1@rt.example.org>',
      'References: <0@rt.example.org> <1@rt.example.org>',
      'Auto-Submitted: auto-generated',
      'X-Auto-Response-Suppress: All',
      'X-Cordon-Reference: 1042',
      'Content-Type: text/plain; charset=utf-8',
    ])
      assert.ok(text.includes(`${line}\r\n`), `${line} in\n${text}`)
    assert.doesNotMatch(text, /^Precedence:/im)
  })

  it('never has a header more because of a name or a subject', async () => {
    const line = 'x\r\nBcc: evil@example.org\n\rX: y\0\u2028z'
    const text = await composed({ subject: line, from: { name: line, mail: 'csirt@example.org' } })
    assert.doesNotMatch(text, /^(Bcc|X):/im)
    assert.match(text, /^Subject: x Bcc: evil@example\.org X: y z\r$/m)
  })

  it('has a subject that is cut in whole characters', async () => {
    const { bytes } = await composeMail({ ...MAIL, subject: '😀'.repeat(300) })
    const { subject: decoded } = await parseMail(bytes, MAIL_LIMITS)
    assert.equal(decoded, `${'😀'.repeat(199)}…`)
  })

  it('reads no file and no address, whatever it says', async () => {
    const text = await composed({ text: 'file:///etc/hostname\n{"path":"/etc/hostname"}\n' })
    assert.match(text, /\r\n\r\nfile:\/\/\/etc\/hostname\r\n\{"path":"\/etc\/hostname"\}\r\n$/)
  })

  const wrong: readonly [what: string, more: Partial<MailMessage>, code: string][] = [
    ['a header in an address', { to: [{ mail: 'a@b.example\r\nBcc: c@d.example' }] }, 'mail-address'],
    ['a header in an id', { id: 'a@b\r\nBcc: c@d.example' }, 'mail-id'],
    ['a bracket in an id', { id: 'a@b>' }, 'mail-id'],
    ['a header in a reference', { references: ['a@b\nX: y'] }, 'mail-id'],
    ['a header in an answer', { inReplyTo: 'a@b\nX: y' }, 'mail-id'],
    ['a header in a header', { headers: { 'X-Cordon': 'a\r\nBcc: b' } }, 'mail-header'],
    ['a header in the name of one', { headers: { 'X-A: b\r\nBcc': 'c' } }, 'mail-header'],
    ['a header that is not ours', { headers: { Bcc: 'a@b.example' } }, 'mail-header'],
    ['nobody', { to: [] }, 'mail-recipients'],
    [
      'a hundred and one people',
      { to: Array.from({ length: 101 }, (_, i) => ({ mail: `a${i}@b.example` })) },
      'mail-recipients',
    ],
  ]
  for (const [what, more, code] of wrong)
    it(`with ${what} is an error`, () => assert.rejects(composed(more), { name: 'InputError', code }))
})
