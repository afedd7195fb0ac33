import MailComposer from 'nodemailer/lib/mail-composer'
import { InputError } from '../../domain/input-error.ts'
import { type MailAddress, readAddrSpec } from '../../domain/mail-address.ts'
import type { MailMessage } from './message.ts'

/** A mail as it goes over the wire, and between whom. */
export interface Composed {
  readonly from: string
  readonly to: readonly string[]
  readonly bytes: Buffer
}

const MOST_SUBJECT = 200
const MOST_NAME = 200
const MOST_REFERENCES = 20
/** More in one transaction a server need not take (RFC 5321 §4.5.3.1.8). */
const MOST_RECIPIENTS = 100
const MOST_ID = 250
const MOST_HEADER = 500
/** Lines up to this stand as they are in a mail; longer ones are encoded, as are letters beyond ASCII. */
const PLAIN_LINE = 76

/** What is said of every mail: that no person wrote it (RFC 3834 §5), and that no machine should answer (MS-OXCMAIL). */
const AUTOMATIC = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' } as const
const CUSTOM = /^X-[A-Za-z0-9-]{1,70}$/

/**
 * Writes a mail as RFC 5322 and MIME have it. Control characters in names and in the subject become spaces, since people
 * write those; in addresses, ids and our own headers they are an error.
 * @param envelope whom it is for this time; left out: To and Cc
 * @throws InputError `mail-address`, `mail-id`, `mail-header`, `mail-recipients`
 */
export async function composeMail(message: MailMessage, envelope?: readonly string[]): Promise<Composed> {
  const { from, replyTo, to, cc, inReplyTo } = message
  const text = mailText(message.text)
  const mail = {
    from: mailbox(from),
    ...(replyTo === undefined ? {} : { replyTo: mailbox(replyTo) }),
    to: to.map(mailbox),
    ...(cc.length === 0 ? {} : { cc: cc.map(mailbox) }),
    subject: mailSubject(message.subject),
    messageId: bracketed(message.id),
    date: new Date(message.date),
    ...(inReplyTo === undefined ? {} : { inReplyTo: bracketed(inReplyTo) }),
    // The last are the nearest.
    references: message.references.slice(-MOST_REFERENCES).map(bracketed),
    headers: { ...AUTOMATIC, ...ownHeaders(message.headers) },
    text,
    encoding: isPlain(text) ? '7bit' : 'quoted-printable',
    newline: 'win',
    // Nothing in a message can name a file or an address to be read.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  }
  const node = new MailComposer(mail).compile()
  return {
    from: mail.from.address,
    to: recipients(envelope ?? [...to, ...cc].map((one) => one.mail)),
    bytes: await node.build(),
  }
}

function recipients(mails: readonly string[]): string[] {
  const all = [...new Set(mails.map(readAddrSpec))]
  if (all.length === 0 || all.length > MOST_RECIPIENTS)
    throw new InputError(
      'mail-recipients',
      `a mail goes to 1 to ${MOST_RECIPIENTS} people, not to ${all.length}`,
    )
  return all
}

function mailbox({ name = '', mail }: MailAddress): { name: string; address: string } {
  return { name: shortened(oneLine(name), MOST_NAME), address: readAddrSpec(mail) }
}

/** The subject as it is sent: one line, 200 characters at most. */
export function mailSubject(text: string): string {
  return shortened(oneLine(text), MOST_SUBJECT)
}

/** The text as it is sent: without control characters, no spaces at the ends of lines, one newline at its end. */
export function mailText(text: string): string {
  const lines = wellFormed(text)
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\P{Cc}\t\n]/gu, '')
    .split('\n')
    .map((line) => line.trimEnd())
  return `${lines.join('\n').trimEnd()}\n`
}

function isPlain(text: string): boolean {
  return /^[\t\n\x20-\x7e]*$/.test(text) && text.split('\n').every(({ length }) => length <= PLAIN_LINE)
}

function oneLine(text: string): string {
  return (
    wellFormed(text)
      .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
      // Who reads it would take it for an encoded word (RFC 2047) and show what stands in that.
      .replaceAll('=?', '= ?')
      .trim()
  )
}

/** Half of a pair of surrogates stands for nothing, and UTF-8 has no way to write it. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Cs}/gu, '\uFFFD')
}

function shortened(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}

function bracketed(id: string): string {
  if (id.length > MOST_ID || !/^[!-;=?A-~]+@[!-;=?A-~]+$/.test(id))
    throw new InputError(
      'mail-id',
      `${JSON.stringify(id.slice(0, 80))} is no Message-ID such as 1042.7@cordon.example.org (without brackets)`,
    )
  return `<${id}>`
}

function ownHeaders(headers: MailMessage['headers']): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (!CUSTOM.test(name) || name.toLowerCase() === 'x-auto-response-suppress')
      throw new InputError(
        'mail-header',
        `${JSON.stringify(name.slice(0, 80))} is no name of ours, which begin with X-`,
      )
    if (value.length > MOST_HEADER || /[\p{Cc}\p{Cs}]|=\?/u.test(value))
      throw new InputError(
        'mail-header',
        `${name} has control characters, an encoded word, or more than ${MOST_HEADER} characters`,
        name,
      )
  }
  return { ...headers }
}
