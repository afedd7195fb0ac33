import { type HeaderLines, parseAddressHeader } from 'mailparser'
import { InputError } from '../../domain/input-error.ts'
import { readAddrSpec } from '../../domain/mail-address.ts'
import { readAuthentication } from './authentication.ts'
import { MailUnreadable, type ReadMail } from './received.ts'
import { readSender } from './sender.ts'

/** What the header alone says. The subject is decoded elsewhere. */
export type HeaderFacts = Pick<
  ReadMail,
  | 'id'
  | 'from'
  | 'sender'
  | 'returnPath'
  | 'to'
  | 'date'
  | 'inReplyTo'
  | 'references'
  | 'automatic'
  | 'authentication'
>

const MOST_IDS = 20
const MOST_ADDRESSES = 100
const MOST_ADDRESS_CHARACTERS = 30_000

/** Fields by which answering machines and lists show themselves. RFC 3834 §5 is the only one that is a standard. */
const SHOWS_MACHINE = [
  'x-autoreply',
  'x-autorespond',
  'x-autoresponse',
  'list-id',
  'list-unsubscribe',
  'feedback-id',
]

/** @throws MailUnreadable `no-sender` */
export function readHeaders(lines: HeaderLines, contentType: string): HeaderFacts {
  const fields = (name: string) => lines.filter(({ key }) => key === name).map(({ line }) => unfolded(line))
  const first = (name: string) => fields(name)[0]
  const id = messageIds(first('message-id') ?? '')[0]
  const sender = addressesIn(fields('sender'))[0]
  const returnPath = first('return-path')?.trim()
  const date = Date.parse(first('date')?.replace(/\([^()]*\)\s*$/, '') ?? '')
  return {
    ...(id === undefined ? {} : { id }),
    from: [oneSender(fields('from'))],
    ...(sender === undefined ? {} : { sender }),
    ...(returnPath === undefined ? {} : { returnPath: pathOf(returnPath) }),
    to: addressesIn([...fields('to'), ...fields('cc')]),
    ...(Number.isNaN(date) ? {} : { date }),
    inReplyTo: messageIds(fields('in-reply-to').join(' ')),
    references: messageIds(fields('references').join(' ')),
    automatic: isAutomatic(fields, returnPath, contentType),
    authentication: readAuthentication(fields('authentication-results')),
  }
}

/** Unfolded (RFC 5322 §2.2.3). */
function unfolded(line: string): string {
  return line
    .slice(line.indexOf(':') + 1)
    .replaceAll(/\r?\n/g, '')
    .replaceAll(/[\p{Cc}\s]/gu, ' ')
    .trim()
}

function oneSender(fields: readonly string[]): string {
  const [field, ...more] = fields
  if (field === undefined) throw new MailUnreadable('no-sender', 'it has no From field')
  if (more.length > 0) throw new MailUnreadable('no-sender', 'it has more than one From field')
  return readSender(field)
}

/** The last ones: the nearest of a long thread. */
function messageIds(text: string): string[] {
  const found = [...text.slice(-MOST_ADDRESS_CHARACTERS).matchAll(/<([!-;=?-~]{1,250})>/g)]
  return found.slice(-MOST_IDS).map(([, id = '']) => id)
}

/** Those that Cordon could write to; what is no plain addr-spec is left out. */
function addressesIn(fields: readonly string[]): string[] {
  const text = fields.map((field) => field.slice(0, MOST_ADDRESS_CHARACTERS)).slice(0, 10)
  const { value } = parseAddressHeader(text, { flatten: true, decodePunycode: false })
  const mails = value.slice(0, MOST_ADDRESSES).flatMap(({ address = '' }) => plainAddress(address) ?? [])
  return [...new Set(mails)]
}

/** An addr-spec with its domain in lower case, or nothing. */
export function plainAddress(text: string): string | undefined {
  try {
    return readAddrSpec(text.trim())
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

/** Of a bounce it is empty. */
function pathOf(text: string): string {
  return plainAddress(text.replace(/^<(.*)>$/, '$1')) ?? ''
}

function isAutomatic(
  fields: (name: string) => string[],
  returnPath: string | undefined,
  contentType: string,
): boolean {
  const submitted = fields('auto-submitted')
  return (
    submitted.some((value) => !/^no\b/i.test(value)) ||
    fields('precedence').some((value) => /^(bulk|junk|list|auto_reply)\b/i.test(value)) ||
    SHOWS_MACHINE.some((name) => fields(name).length > 0) ||
    returnPath === '<>' ||
    contentType === 'multipart/report'
  )
}
