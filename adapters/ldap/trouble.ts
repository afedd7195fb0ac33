import { ResultCodeError } from 'ldapts'
import { AdapterError, type ErrorClass } from '../adapter.ts'

/** Name, class, and what an operator does about it. */
type Meaning = readonly [name: string, errorClass: ErrorClass, advice?: string]

const TLS_WANTED = 'it wants an encrypted connection or a stronger login: ldaps://, startTls or a certificate'

/** Results of RFC 4511 §4.1.9 and Appendix A.2, and of RFC 4528. */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [1, ['operationsError', 'rejected']],
  [2, ['protocolError', 'unsupported']],
  [3, ['timeLimitExceeded', 'timeout', 'it looked longer than its own limit: is what is searched indexed?']],
  [4, ['sizeLimitExceeded', 'rejected', 'more entries match than it lists']],
  [7, ['authMethodNotSupported', 'auth', TLS_WANTED]],
  [8, ['strongerAuthRequired', 'auth', TLS_WANTED]],
  [10, ['referral', 'rejected', 'it refers to another server; name that one in servers']],
  [11, ['adminLimitExceeded', 'rejected', 'it may not look so far for us: is what is searched indexed?']],
  [12, ['unavailableCriticalExtension', 'unsupported']],
  [13, ['confidentialityRequired', 'auth', TLS_WANTED]],
  [16, ['noSuchAttribute', 'rejected']],
  [17, ['undefinedAttributeType', 'rejected', 'its schema lacks the attribute: is the overlay loaded?']],
  [19, ['constraintViolation', 'rejected']],
  [20, ['attributeOrValueExists', 'rejected']],
  [21, ['invalidAttributeSyntax', 'rejected']],
  [32, ['noSuchObject', 'rejected', 'the entry is not there, or not for us to see']],
  [34, ['invalidDNSyntax', 'rejected']],
  [48, ['inappropriateAuthentication', 'auth']],
  [49, ['invalidCredentials', 'auth', 'check bindDn and its password, or the certificate']],
  [50, ['insufficientAccessRights', 'auth', 'the login lacks a right']],
  [51, ['busy', 'busy']],
  [52, ['unavailable', 'unreachable']],
  [53, ['unwillingToPerform', 'rejected']],
  [65, ['objectClassViolation', 'rejected', 'the entry would not fit its object classes any more']],
  [122, ['assertionFailed', 'rejected', 'it was changed in between']],
])

const READ_ONLY = 'it is a read-only copy; put the server that takes writes into servers'

/** What was asked of a server. */
export interface Asked {
  readonly url: string
  readonly doing: 'read' | 'write' | 'log in'
  /** Of which entry, if any. */
  readonly dn?: string
}

/**
 * What an operation of the package has failed with: the server's refusal, or the end of its connection. The code is the
 * result's name, or `read-only`.
 */
export function troubleOf(error: unknown, { url, doing, dn }: Asked): AdapterError {
  if (error instanceof AdapterError) return error
  if (!(error instanceof ResultCodeError))
    return new AdapterError('unreachable', `${url} has ended the connection without an answer`)
  const [name, errorClass, advice] = MEANINGS.get(error.code) ?? [`result ${error.code}`, 'rejected']
  const words = error.message.replace(/ ?Code: 0x[0-9a-f]+$/, '').trim()
  const readOnly = doing === 'write' && isReadOnly(error.code, words)
  const asked = `${url}, asked to ${doing}${dn === undefined ? '' : ` ${dn === '' ? 'its root DSE' : dn}`}`
  const said = `${asked}, answered ${name}${words === '' ? '' : `: ${words}`}`
  const more = readOnly ? READ_ONLY : advice
  return new AdapterError(
    errorClass,
    more === undefined ? said : `${said} (${more})`,
    readOnly ? 'read-only' : name,
  )
}

/** A consumer refers to its provider, or says that it is a shadow of it (RFC 4511 Appendix A.2). */
function isReadOnly(code: number, words: string): boolean {
  return code === 10 || (code === 53 && /shadow|read.?only|restricted/i.test(words))
}

/** Of a write that was made for what an entry had when it was read: somebody else was there first. */
export function isRace(error: unknown): error is AdapterError {
  return error instanceof AdapterError && RACES.includes(error.code)
}

/** Of a value that was to come and is there, or to go and is not. */
export function isDoneAlready(error: unknown): error is AdapterError {
  return error instanceof AdapterError && ['noSuchAttribute', 'attributeOrValueExists'].includes(error.code)
}

const RACES = ['noSuchAttribute', 'attributeOrValueExists', 'constraintViolation', 'assertionFailed']
