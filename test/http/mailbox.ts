import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Inbox } from '../../src/app/mail-in/inbox.ts'
import { inTurn, MAIL_TURNS } from '../../src/notify/mail/in-turn.ts'
import { parseMail } from '../../src/notify/mail/parse-mail.ts'
import { readMail } from '../../src/notify/mail/read-mail.ts'
import { MAIL_LIMITS, type ReadMail } from '../../src/notify/mail/received.ts'
import { realClock } from '../helpers/system-clock.ts'
import { ITSS, THREADS, withContacts } from '../helpers/telling.ts'
import { type Client, type Json, list, type Reply, startFace } from './face.ts'

const PLAIN = 'Content-Type: text/plain; charset=utf-8'
export const MX = 'mx.uni.example'

/** What a mail says; its sender is the IT support of physics unless told. */
export interface Written {
  readonly from?: string
  readonly subject?: string
  readonly inReplyTo?: string
  readonly references?: readonly string[]
  readonly id?: string
  readonly headers?: readonly string[]
  readonly text?: string
}

/** In this thread, which is quicker: what is read is the same. */
export function readHere(raw: Uint8Array): Promise<ReadMail> {
  return parseMail(Buffer.from(raw), MAIL_LIMITS)
}

/** As a controller does it. */
export function readAside(): Inbox['read'] {
  return inTurn((raw: Uint8Array) => readMail(raw, { clock: realClock() }), MAIL_TURNS)
}

/** As a controller that has no time for a mail. */
export function readTooSlowly(): Inbox['read'] {
  return (raw) => readMail(raw, { clock: realClock(), limits: { ...MAIL_LIMITS, time: 1 } })
}

/** Knows the mails of {@link THREADS} as its own. */
export function inboxOf(read: Inbox['read'] = readHere): Inbox {
  return { read, aboutOf: THREADS.aboutOf, authservIds: [MX] }
}

/** A site that takes answers by mail. */
export class Mailbox {
  readonly client: Client
  readonly mailer: string
  readonly block: number
  #count = 0

  private constructor(client: Client, mailer: string, block: number) {
    this.client = client
    this.mailer = mailer
    this.block = block
  }

  static async open(t: TestContext, read: Inbox['read'] = readHere): Promise<Mailbox> {
    const client = await startFace(t, { site: withContacts, inbox: inboxOf(read) })
    const made = await client.block({ target: '10.10.1.7', reason: 'sends spam', duration: '1d' })
    const mailer = await client.app.machine({ roles: ['mailer'] })
    return new Mailbox(client, mailer, Number(made.json['id']))
  }

  send(written: Written = {}, as = this.mailer): Promise<Reply> {
    this.#count += 1
    const {
      from = ITSS,
      subject = 'Re: x',
      inReplyTo,
      references = [],
      headers = [],
      text = 'It was reinstalled.',
    } = written
    const lines = [
      ...headers,
      `From: ${from}`,
      'To: csirt@uni.example',
      `Subject: ${subject}`,
      `Message-ID: <${written.id ?? `m${this.#count}@physics.example`}>`,
      ...(inReplyTo === undefined ? [] : [`In-Reply-To: <${inReplyTo}>`]),
      ...(references.length === 0 ? [] : [`References: ${references.map((id) => `<${id}>`).join(' ')}`]),
      ...(headers.some((line) => line.startsWith('Content-Type')) ? [] : [PLAIN]),
      '',
      text,
    ]
    return this.raw(lines.join('\r\n'), as)
  }

  raw(body: string | Buffer, as = this.mailer): Promise<Reply> {
    return this.client.send('POST', '/v1/mail', {
      body,
      as,
      headers: { 'content-type': 'message/rfc822' },
    })
  }

  async outcome(written: Written): Promise<readonly unknown[]> {
    const { status, json, text } = await this.send(written)
    assert.equal(status, 200, text)
    return [json['verdict'], json['why']]
  }

  async requests(): Promise<readonly Json[]> {
    return list((await this.client.send('GET', '/v1/requests')).json['requests'])
  }

  async held(): Promise<readonly Json[]> {
    return list((await this.client.send('GET', '/v1/mail')).json['mails'])
  }

  /** Asks a department for logs, about the block if told. @returns the request's number */
  async logs(department: string, block?: number): Promise<number> {
    const { now } = this.client.app.clock
    const at = (back: number): string => new Date(now() - back).toISOString()
    const filed = await this.client.send('POST', '/v1/requests:logs', {
      body: {
        ...{ departments: [department], text: 'who was that?', ...(block === undefined ? {} : { block }) },
        logs: { of: 'nat', about: '192.0.2.9', from: at(7_200_000), to: at(3_600_000) },
      },
    })
    assert.equal(filed.status, 200, filed.text)
    return Number(filed.json['id'])
  }

  /** Of a mail of ours about a number. */
  thread(about: number): string {
    return THREADS.idOf(about, 1)
  }
}
