import { InputError } from './input-error.ts'

/** A mailbox: an address, and what its owner is called. */
export interface MailAddress {
  readonly name?: string
  /** An addr-spec (RFC 5322 §3.4.1), its domain in lower case. */
  readonly mail: string
}

/** Octets at most: RFC 5321 §4.5.3.1.1 and .2, and what fits into a path (.3) without its brackets. */
const MOST = { local: 64, domain: 255, whole: 254, label: 63 } as const
const MOST_NAME = 200

/** Atoms of RFC 5322 without `%` and `!`, with which relays were once told the way (RFC 5321, appendix F.2). */
const LOCAL = /^[A-Za-z0-9#$&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9#$&'*+/=?^_`{|}~-]+)*$/
/** Digits at the end make an address of it for some (RFC 3696 §2), and no domain ends so. */
const TOP_LABEL = /^[A-Za-z]/
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/

/**
 * An addr-spec as every mail server takes it: no quotes, comments, groups or routes, ASCII alone. The domain comes back
 * in lower case.
 * @throws InputError `mail-address`
 */
export function readAddrSpec(text: string): string {
  const wrong = whyNoAddrSpec(text)
  if (wrong !== undefined)
    throw new InputError(
      'mail-address',
      `${JSON.stringify(text.slice(0, 80))} is no mail address such as csirt@example.org: ${wrong}`,
    )
  const at = text.lastIndexOf('@')
  return text.slice(0, at + 1) + text.slice(at + 1).toLowerCase()
}

function whyNoAddrSpec(text: string): string | undefined {
  if (text.length > MOST.whole) return `it is longer than ${MOST.whole} characters`
  const parts = text.split('@')
  const [local = '', domain = ''] = parts
  if (parts.length !== 2) return 'it must have one @'
  if (/[^\x20-\x7e]/.test(text)) return 'it must be printable ASCII (write a domain with xn--)'
  if (local.length > MOST.local) return `more than ${MOST.local} characters stand before the @`
  if (!LOCAL.test(local)) return 'before the @ stand letters, digits, single dots and signs such as + - _'
  const labels = domain.split('.')
  const isHost = labels.every((one) => one.length <= MOST.label && LABEL.test(one))
  if (domain.length > MOST.domain || !isHost || !TOP_LABEL.test(labels.at(-1) ?? ''))
    return 'behind the @ stands the name of a host'
  return undefined
}

/**
 * A mailbox as people write it: `csirt@example.org` or `Cordon CSIRT <csirt@example.org>`. One alone, without quotes:
 * whatever stands before the bracket is the name.
 * @throws InputError `mail-address`
 */
export function readMailAddress(text: string): MailAddress {
  const trimmed = text.trim()
  const open = trimmed.indexOf('<')
  if (open < 0) return { mail: readAddrSpec(trimmed) }
  const name = trimmed.slice(0, open).trim()
  if (!trimmed.endsWith('>'))
    throw new InputError('mail-address', 'write a name and its address as: Cordon CSIRT <csirt@example.org>')
  const mail = readAddrSpec(trimmed.slice(open + 1, -1))
  if (name.length > MOST_NAME || /["\p{Cc}]/u.test(name))
    throw new InputError(
      'mail-address',
      `a name has at most ${MOST_NAME} characters, no quotes and no control characters`,
    )
  return name === '' ? { mail } : { name, mail }
}
