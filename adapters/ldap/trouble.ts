import { ResultCodeError } from 'ldapts'
import { AdapterError, type ErrorClass } from '../adapter.ts'

/** By result code (RFC 4511 appendix A): what an operator does about it, and what it comes to. */
const CODES: Readonly<Record<number, readonly [ErrorClass, string]>> = {
  3: ['timeout', 'the server took too long'],
  4: ['rejected', 'the server would have had to return too much: narrow base or filter'],
  8: ['auth', 'the server wants a stronger way of logging in'],
  10: ['rejected', 'the server refers to another one: name the one that has these entries and takes changes'],
  11: ['busy', 'a limit of the server is reached'],
  13: ['auth', 'the server takes this over TLS alone'],
  16: ['busy', 'the entry was changed meanwhile'],
  19: ['rejected', 'the server does not allow this value'],
  20: ['busy', 'the entry was changed meanwhile'],
  32: ['rejected', 'there is no such entry'],
  34: ['rejected', 'that is no name of an entry'],
  48: ['auth', 'this account cannot log in in this way'],
  49: ['auth', 'the password of Cordon itself is wrong, or its account is locked'],
  50: ['auth', 'the account of Cordon has not the right to do this'],
  51: ['busy', 'the server is busy'],
  52: ['unreachable', 'the server is not available'],
  53: ['rejected', 'the server does not want to: it may be read-only'],
  65: ['rejected', 'the schema does not allow this attribute on this entry'],
}

/** What went wrong, as an error of the contract; never with anything that was sent. */
export function troubleOf(error: unknown, server: string): AdapterError {
  if (error instanceof AdapterError) return error
  if (error instanceof ResultCodeError) {
    const [of, words] = CODES[error.code] ?? (['rejected', 'the server refused'] as const)
    return new AdapterError(of, `${server}: ${words} (${wordsOf(error)})`)
  }
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const words = error instanceof Error ? error.message : String(error)
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_SSL|HOSTNAME_)/.test(code))
    return new AdapterError('host-key', `${server}: its certificate is not vouched for (${code}: ${words})`)
  if (/timed? ?out|timeout/i.test(words)) return new AdapterError('timeout', `${server}: ${words}`)
  return new AdapterError('unreachable', `${server}: ${code === '' ? words : `${code}: ${words}`}`)
}

/** The server's own words, which say nothing of passwords. */
function wordsOf({ code, message }: ResultCodeError): string {
  return `code ${code}: ${message.replaceAll(/\s+/g, ' ').trim()}`.slice(0, 300)
}
