import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ANSWER_MARKER } from '../../src/domain/message.ts'
import { buildServer } from '../../src/http/server.ts'
import { makeApp } from '../helpers/app.ts'
import { ITSS, THREADS, withContacts } from '../helpers/telling.ts'
import { type Client, clientOf, list } from './face.ts'
import { inboxOf, Mailbox, MX } from './mailbox.ts'

const LAW = 'it@law.example'
const WORD = `${MX}; dmarc=pass header.from=physics.example`
const HTML = 'Content-Type: multipart/mixed; boundary=b'

describe('a mail of another department', () => {
  it('that was told of the same block is no proof of who was not told by it', async (t) => {
    const box = await Mailbox.open(t)
    const logs = await box.logs('law', box.block)
    const [ofBlock, ofLogs] = [box.thread(box.block), box.thread(logs)]
    const asLaw = { from: LAW, subject: `[Cordon#${logs}]` }
    assert.deepEqual(await box.outcome({ ...asLaw, inReplyTo: ofBlock }), ['held', 'sender-unproven'])
    const asPhysics = { subject: `[Cordon#${box.block}]` }
    assert.deepEqual(await box.outcome({ ...asPhysics, inReplyTo: ofLogs }), ['held', 'sender-unproven'])
    assert.equal((await box.requests()).length, 1, 'physics has asked for nothing')
    assert.deepEqual(await box.outcome({ ...asLaw, inReplyTo: ofLogs }), ['taken', 'request.said'])
    assert.deepEqual(await box.outcome({ ...asPhysics, inReplyTo: ofBlock }), ['taken', 'request.filed'])
  })

  it('has the beginning of the thread in it, which proves nothing', async (t) => {
    const box = await Mailbox.open(t)
    const references = [THREADS.idOf(box.block, 0)]
    const subject = `[Cordon#${box.block}]`
    assert.deepEqual(await box.outcome({ subject, references }), ['held', 'sender-unproven'])
    const answer = { subject, references: [...references, box.thread(box.block)] }
    assert.deepEqual(await box.outcome(answer), ['taken', 'request.filed'])
  })
})

describe('a word in the name of our server', () => {
  const cases: readonly [string, readonly string[]][] = [
    ['below one of ours that says less', [`${MX}; dmarc=none`, WORD]],
    ['below one of ours that says nothing', [`${MX}; none`, WORD]],
    ['below one that cannot be read', [';;', WORD]],
    ['in the name of a part of it', [WORD.replace(MX, `${MX}.evil.example`)]],
    ['within a quoted text', [`${MX}; x="; dmarc=pass header.from=physics.example"`]],
  ]
  for (const [where, words] of cases)
    it(`${where} is not believed`, async (t) => {
      const box = await Mailbox.open(t)
      const headers = words.map((word) => `Authentication-Results: ${word}`)
      const mail = { subject: `[Cordon#${box.block}]`, headers }
      assert.deepEqual(await box.outcome(mail), ['held', 'sender-unproven'])
    })

  it('that it is forged counts wherever it stands', async (t) => {
    const box = await Mailbox.open(t)
    const fail = WORD.replace('pass', 'fail')
    const headers = [WORD, fail].map((word) => `Authentication-Results: ${word}`)
    const mail = { subject: `[Cordon#${box.block}]`, headers, inReplyTo: box.thread(box.block) }
    assert.deepEqual(await box.outcome(mail), ['held', 'sender-forged'])
  })
})

describe('an answer', () => {
  it('to a request for logs is said about it', async (t) => {
    const box = await Mailbox.open(t)
    const logs = await box.logs('physics')
    const mail = { inReplyTo: box.thread(logs), text: 'on the share' }
    assert.deepEqual(await box.outcome(mail), ['taken', 'request.said'])
  })

  it('to a mail about several blocks goes to the one in its subject; one that its text alone names is not guessed', async (t) => {
    const box = await Mailbox.open(t)
    const inReplyTo = THREADS.idOf(0, 7)
    const text = `Cordon#${box.block} is clean.\r\n\r\n> ${ANSWER_MARKER}\r\n> - Cordon#${box.block} began: 10.10.1.7/32`
    const headers = [`Authentication-Results: ${WORD}`]
    const subject = 'Re: [Cordon] Blocks: 2 began, 0 changed, 0 ended'
    assert.deepEqual(await box.outcome({ subject, headers, inReplyTo, text }), ['held', 'no-reference'])
    const named = { subject: subject.replace('[Cordon]', `[Cordon#${box.block}]`), inReplyTo, text }
    // Which department was sent it is not in its Message-ID.
    assert.deepEqual(await box.outcome(named), ['held', 'sender-unproven'])
    assert.equal(Number((await box.held()).at(-1)?.['block']), box.block)
    assert.deepEqual(await box.outcome({ ...named, headers }), ['taken', 'request.filed'])
    const [request] = await box.requests()
    assert.equal(list(request?.['words'])[0]?.['text'], `Cordon#${box.block} is clean.`)
  })

  it('about a request of another department is held, whoever has proven to be whom', async (t) => {
    const box = await Mailbox.open(t)
    const logs = await box.logs('law')
    const headers = [`Authentication-Results: ${WORD}`]
    const mail = { subject: `[Cordon#${logs}]`, headers, inReplyTo: box.thread(box.block) }
    assert.deepEqual(await box.outcome(mail), ['held', 'sender-has-no-right'])
  })

  it('that comes when the block has ended is held with its number', async (t) => {
    const box = await Mailbox.open(t)
    const done = await box.client.send('POST', `/v1/blocks/${box.block}:release`, { body: { why: 'clean' } })
    assert.equal(done.status, 200, done.text)
    assert.deepEqual(await box.outcome({ inReplyTo: box.thread(box.block) }), ['held', 'block-ended'])
    assert.equal(Number((await box.held())[0]?.['block']), box.block)
  })

  it('in HTML alone, within parts, is read; scripts are no text and files are names', async (t) => {
    const box = await Mailbox.open(t)
    const text =
      '--b\r\nContent-Type: text/html\r\n\r\n<p>It is <b>clean</b>.</p><script>alert(1)</script><img src="http://127.0.0.1:9/x" onerror="alert(2)">\r\n' +
      '--b\r\nContent-Type: text/html; name="../../x.html"\r\nContent-Disposition: attachment\r\n\r\n<script>alert(3)</script>\r\n--b--'
    const taken = await box.send({ inReplyTo: box.thread(box.block), headers: [HTML], text })
    assert.equal(taken.json['why'], 'request.filed', taken.text)
    const said = String(list((await box.requests())[0]?.['words'])[0]?.['text'])
    assert.match(said, /^It is clean\./)
    assert.doesNotMatch(said, /script|alert|onerror/)
    await box.send({ subject: 'x', headers: [HTML], text })
    assert.deepEqual((await box.held())[0]?.['attachments'], [
      { name: '../../x.html', type: 'text/html', bytes: 25 },
    ])
  })

  it('is taken although a copy of it came by a list before, and once', async (t) => {
    const box = await Mailbox.open(t)
    const mail = { id: 'both@physics.example', inReplyTo: box.thread(box.block) }
    const copy = { ...mail, headers: ['List-Id: <it.physics.example>'] }
    assert.deepEqual(await box.outcome(copy), ['ignored', 'automatic'])
    assert.deepEqual(await box.outcome(mail), ['taken', 'request.filed'])
    for (const again of [mail, copy]) assert.deepEqual(await box.outcome(again), ['ignored', 'came-before'])
  })
})

it('a report that one of ours was not delivered waits for a person, with the block', async (t) => {
  const box = await Mailbox.open(t)
  const bounce = (id: string): string =>
    `Return-Path: <>\r\nFrom: MAILER-DAEMON@${MX}\r\nContent-Type: multipart/report; boundary=b\r\n\r\n` +
    '--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n' +
    `Final-Recipient: rfc822; ${ITSS}\r\nAction: failed\r\n\r\n` +
    `--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <${id}>\r\n\r\n--b--\r\n`
  const ours = await box.raw(bounce(box.thread(box.block)))
  assert.deepEqual([ours.json['verdict'], ours.json['why']], ['bounced', 'undeliverable'])
  const [held] = await box.held()
  assert.deepEqual([Number(held?.['block']), held?.['text']], [box.block, `not delivered to ${ITSS}`])
  const others = await box.raw(bounce('somebody@else.example'))
  assert.deepEqual([others.json['verdict'], others.json['why']], ['ignored', 'not-ours'])
})

describe('what came before', () => {
  it('is known after a restart', async (t) => {
    const first = await makeApp({ inbox: inboxOf(), site: withContacts })
    const before = await clientOf(first, buildServer(first, { version: 'x' }))
    const made = await before.block({ target: '10.10.1.7', reason: 'spam', duration: '1h' })
    const mailer = await first.machine({ roles: ['mailer'] })
    const thread = THREADS.idOf(Number(made.json['id']), 1)
    const body = `From: ${ITSS}\r\nMessage-ID: <a@b>\r\nIn-Reply-To: <${thread}>\r\n\r\nclean\r\n`
    const headers = { 'content-type': 'message/rfc822' }
    const post = (to: Client) => to.send('POST', '/v1/mail', { body, headers, as: mailer })
    assert.equal((await post(before)).json['verdict'], 'taken')
    await before.server.close()
    await first.stop()
    const again = await makeApp({ inbox: inboxOf(), site: withContacts, folder: first.folder })
    const later = await clientOf(again, buildServer(again, { version: 'x' }), mailer)
    t.after(async () => {
      await later.server.close()
      await again.close()
    })
    assert.equal((await post(later)).json['repeated'], true)
    assert.deepEqual(
      [...again.ledger.head.requests.values()].map(({ words }) => words.length),
      [1],
    )
  })
})
