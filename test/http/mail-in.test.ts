import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DESK, ITSS } from '../helpers/telling.ts'
import { list, startFace } from './face.ts'
import { Mailbox, MX, type Written } from './mailbox.ts'

describe('an answer by mail', () => {
  it('to what told of a block asks for it to be lifted; the next one adds to that, and one to a denial opens it', async (t) => {
    const box = await Mailbox.open(t)
    const subject = `Re: [Cordon#${box.block}] 10.10.1.7 is blocked`
    const inReplyTo = box.thread(box.block)
    const first = await box.send({ subject, inReplyTo })
    assert.deepEqual([first.json['verdict'], first.json['why']], ['taken', 'request.filed'], first.text)
    const [request] = await box.requests()
    const id = Number(request?.['id'])
    assert.equal(Number(first.json['request']), id)
    assert.deepEqual(list(request?.['words'])[0]?.['mail'], ITSS)
    const more = await box.send({
      subject: `Re: [Cordon#${id}] x`,
      inReplyTo: box.thread(id),
      text: 'And patched.',
    })
    assert.equal(more.json['why'], 'request.said', more.text)
    await box.client.send('POST', `/v1/requests/${id}:deny`, { body: { text: 'no', actions: ['clean it'] } })
    const again = await box.send({
      subject: `Re: [Cordon#${id}] x`,
      inReplyTo: box.thread(id),
      text: 'Cleaned.',
    })
    assert.equal(again.json['why'], 'request.reopened', again.text)
    assert.equal((await box.requests()).length, 1)
    const { json } = await box.client.send('GET', `/v1/blocks/${box.block}/history`)
    const said = list(json['events']).filter(({ type }) => String(type).startsWith('request-'))
    assert.deepEqual(
      said.map(({ type, mail }) => [type, mail]),
      [
        ['request-filed', ITSS],
        ['request-said', ITSS],
        ['request-settled', undefined],
        ['request-reopened', ITSS],
      ],
    )
  })

  it('is believed by the word of our own server, too', async (t) => {
    const box = await Mailbox.open(t)
    const headers = [`Authentication-Results: ${MX}; dmarc=pass header.from=physics.example`]
    const taken = await box.outcome({ subject: `[Cordon#${box.block}]`, headers })
    assert.deepEqual(taken, ['taken', 'request.filed'])
  })

  it('that comes twice is taken once', async (t) => {
    const box = await Mailbox.open(t)
    const mail = {
      subject: `[Cordon#${box.block}]`,
      inReplyTo: box.thread(box.block),
      id: 'same@physics.example',
    }
    assert.deepEqual(await box.outcome(mail), ['taken', 'request.filed'])
    const again = await box.send(mail)
    assert.deepEqual([again.json['verdict'], again.json['repeated']], ['ignored', true])
    assert.equal(list((await box.requests())[0]?.['words']).length, 1)
  })

  it('is not kept out by a forged one that came before under its Message-ID', async (t) => {
    const box = await Mailbox.open(t)
    const mail = { subject: `[Cordon#${box.block}]`, id: 'same@physics.example' }
    assert.deepEqual(await box.outcome({ ...mail, text: 'forged' }), ['held', 'sender-unproven'])
    const inReplyTo = box.thread(box.block)
    assert.deepEqual(await box.outcome({ ...mail, inReplyTo }), ['taken', 'request.filed'])
  })
})

describe('a mail that proves nothing is held for a person', () => {
  const cases: readonly [string, string, (box: Mailbox) => Written | Promise<Written>][] = [
    ['a reference alone', 'sender-unproven', (box) => ({ subject: `[Cordon#${box.block}]` })],
    ['no reference', 'no-reference', () => ({ subject: 'hello' })],
    ['two references', 'references-differ', (box) => ({ subject: `[Cordon#${box.block}] [Cordon#99]` })],
    ['a number that is none', 'unknown-reference', () => ({ subject: '[Cordon#99999]' })],
    [
      'a stranger with the right thread',
      'sender-unknown',
      (box) => ({
        from: 'eve@evil.example',
        subject: `[Cordon#${box.block}]`,
        inReplyTo: box.thread(box.block),
      }),
    ],
    [
      'an analyst of the desk, who is no contact',
      'sender-unknown',
      (box) => ({ from: DESK, subject: `[Cordon#${box.block}]`, inReplyTo: box.thread(box.block) }),
    ],
    [
      'IT support of another department',
      'sender-has-no-right',
      (box) => ({
        from: 'it@law.example',
        subject: `[Cordon#${box.block}]`,
        headers: [`Authentication-Results: ${MX}; dmarc=pass header.from=law.example`],
      }),
    ],
    [
      'a Message-ID of ours that was changed',
      'sender-unproven',
      (box) => ({
        subject: `[Cordon#${box.block}]`,
        inReplyTo: box.thread(box.block).replace(/[0-9a-f]@/, (end) => (end === '0@' ? '1@' : '0@')),
      }),
    ],
    [
      'the thread of another block',
      'sender-unproven',
      async (box) => {
        const other = await box.client.block({ target: '10.10.1.8', reason: 'x', duration: '1h' })
        return { subject: `[Cordon#${box.block}]`, inReplyTo: box.thread(Number(other.json['id'])) }
      },
    ],
    [
      'the word of a server that nobody believes',
      'sender-unproven',
      (box) => ({
        subject: `[Cordon#${box.block}]`,
        headers: ['Authentication-Results: mx.evil.example; dmarc=pass header.from=physics.example'],
      }),
    ],
    [
      'a word in our name below that of another server',
      'sender-unproven',
      (box) => ({
        subject: `[Cordon#${box.block}]`,
        headers: [
          'Authentication-Results: mx.evil.example; dmarc=none',
          `Authentication-Results: ${MX}; dmarc=pass header.from=physics.example`,
        ],
      }),
    ],
    [
      'a pass for another domain',
      'sender-unproven',
      (box) => ({
        subject: `[Cordon#${box.block}]`,
        headers: [`Authentication-Results: ${MX}; dkim=pass header.d=evil.example`],
      }),
    ],
    [
      'a sender whom our server calls forged, in the right thread',
      'sender-forged',
      (box) => ({
        subject: `[Cordon#${box.block}]`,
        inReplyTo: box.thread(box.block),
        headers: [`Authentication-Results: ${MX}; dmarc=fail header.from=physics.example`],
      }),
    ],
    [
      'nothing but what we had written',
      'no-text',
      (box) => ({ subject: `[Cordon#${box.block}]`, inReplyTo: box.thread(box.block), text: '' }),
    ],
  ]
  for (const [name, why, written] of cases)
    it(name, async (t) => {
      const box = await Mailbox.open(t)
      assert.deepEqual(await box.outcome(await written(box)), ['held', why])
      assert.deepEqual(await box.requests(), [])
      const [held] = await box.held()
      assert.equal(held?.['why'], why)
      const done = await box.client.send('POST', `/v1/mail/${String(held?.['id'])}:done`)
      assert.equal(done.status, 204, done.text)
      assert.deepEqual(await box.held(), [])
    })
})

describe('a mail that nobody wrote, or nobody can read', () => {
  it('is ignored when a machine answers', async (t) => {
    const box = await Mailbox.open(t)
    const vacation = {
      subject: `[Cordon#${box.block}]`,
      inReplyTo: box.thread(box.block),
      headers: ['Auto-Submitted: auto-replied'],
    }
    assert.deepEqual(await box.outcome(vacation), ['ignored', 'automatic'])
    assert.deepEqual([await box.requests(), await box.held()], [[], []])
  })

  it('is refused in words when it is no mail, too deep or too large', async (t) => {
    const box = await Mailbox.open(t)
    const bad = await box.raw('no sender at all\r\n\r\nx')
    assert.deepEqual([bad.status, bad.json['code']], [422, 'mail-unreadable'])
    const large = await box.raw(Buffer.alloc((10 << 20) + 1, 'x'))
    assert.equal(large.status, 413, large.text.slice(0, 200))
    const deep = Array.from({ length: 200 }, (_, at) =>
      [`Content-Type: multipart/mixed; boundary=b${at}`, '', `--b${at}`].join('\r\n'),
    )
    const bomb = await box.raw(`From: ${ITSS}\r\nSubject: x\r\n${deep.join('\r\n')}\r\n\r\nx`)
    assert.deepEqual([bomb.status, bomb.json['code']], [422, 'mail-unreadable'], bomb.text)
  })

  it("is nobody else's to hand over", async (t) => {
    const box = await Mailbox.open(t)
    const analyst = await box.client.app.person('Ann', ['analyst'])
    assert.equal((await box.send({}, analyst)).status, 403)
    const none = await startFace(t)
    const sent = await none.send('POST', '/v1/mail', {
      body: 'From: a@b.example\r\n\r\nx',
      as: await none.app.machine({ roles: ['mailer'] }),
      headers: { 'content-type': 'message/rfc822' },
    })
    assert.deepEqual([sent.status, sent.json['code']], [409, 'mail-not-configured'])
  })
})
