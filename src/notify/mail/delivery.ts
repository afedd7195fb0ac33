import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection'
import { classOfConnection, type LaterClass } from '../later-class.ts'
import type { Delivery, RefusedRecipient } from './message.ts'

/** What nodemailer says of a failure; `originalCode` is of the system or of OpenSSL. */
export interface SmtpFailure extends Error {
  readonly code?: string
  readonly originalCode?: string
  readonly response?: string
  readonly responseCode?: number
}

/** Where a try was when it ended: only answers to `mail` are about the mail itself. */
export type Stage = 'connect' | 'login' | 'mail'

const MOST_WORDS = 400

/** Codes of replies that ask for a login, or another one (RFC 4954 §6), and so are not about the mail. */
const LOGIN_CODES: readonly number[] = [530, 534, 535, 538]
/** A refusal that another connection may undo (RFC 5321 §4.2.1: a bad sequence of commands). */
const BAD_SEQUENCE = 503

/** A server's words on one line, without what must not be known. @param secrets texts that are blotted out */
function safeWords(words: string, secrets: readonly string[]): string {
  const hidden = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')])
  const blotted = hidden.reduce((text, secret) => text.replaceAll(secret, '***'), words)
  return blotted
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MOST_WORDS)
}

/** What became of a try that failed as a whole. */
export function failedDelivery(
  error: SmtpFailure,
  stage: Stage,
  maybeTaken: boolean,
  secrets: readonly string[],
): Delivery {
  const { code = '', response, responseCode = 0 } = error
  // Of a refused login only the codes are told: a server may say the password in a form that nobody thinks of.
  if (stage === 'login' || code === 'EAUTH' || code === 'ENOAUTH' || LOGIN_CODES.includes(responseCode))
    return failedLogin(error)
  const kind = classOf(error)
  const words = safeWords(kind === 'tls' ? error.message : (response ?? error.message), secrets)
  if (isAboutMail(error, stage)) return { outcome: 'refused', words }
  return { outcome: 'later', class: kind, words, maybeTaken: maybeTaken && responseCode === 0 }
}

function failedLogin(error: SmtpFailure): Delivery {
  const later = (kind: LaterClass, words: string): Delivery => ({
    ...{ outcome: 'later', class: kind, words, maybeTaken: false },
  })
  const status = /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(error.response ?? '')?.[0]
  if (status?.startsWith('4')) return later('busy', `the server takes no login now (${status})`)
  if (status !== undefined) return later('auth', `the server does not take the login (${status})`)
  if (error.code === 'EAUTH' || error.code === 'ENOAUTH')
    return later('auth', 'the server offers no login that Cordon knows')
  return later(classOf(error), 'the connection ended during the login')
}

function isAboutMail({ code, responseCode = 0 }: SmtpFailure, stage: Stage): boolean {
  if (stage !== 'mail' || (code !== 'EENVELOPE' && code !== 'EMESSAGE')) return false
  return responseCode === 0 || isForGood(responseCode)
}

function isForGood(responseCode: number): boolean {
  return responseCode >= 500 && responseCode < 600 && responseCode !== BAD_SEQUENCE
}

function classOf({ code = '', originalCode = '', responseCode = 0 }: SmtpFailure): LaterClass {
  const kind = classOfConnection(code, originalCode)
  return kind === 'unreachable' && responseCode !== 0 ? 'busy' : kind
}

/** What became of a mail that the server took, of whose recipients it may have refused some or put them off. */
export function sentDelivery(info: SMTPConnectionSendInfo, secrets: readonly string[]): Delivery {
  const refused: RefusedRecipient[] = []
  const left: string[] = []
  for (const { recipient = '', response = '', responseCode = 0 } of info.rejectedErrors ?? []) {
    if (isForGood(responseCode)) refused.push({ mail: recipient, words: safeWords(response, secrets) })
    else left.push(recipient)
  }
  return { outcome: 'sent', words: safeWords(info.response, secrets), refused, left }
}
