import { InputError } from './input-error.ts'
import { type Prefix, parsePrefix, prefixesOverlap } from './prefix.ts'

/** Whom personal data may be about: an address or a prefix, or an account such as `alice@campus.example`. */
export type Subject =
  | { readonly kind: 'host'; readonly prefix: Prefix }
  | { readonly kind: 'account'; readonly name: string }

const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?!\.?\d)/g
const IPV6 =
  /(?<![\da-fA-F:.])[\da-fA-F]{0,4}:[\da-fA-F:]*(?::\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F:])(?:\/\d{1,3})?(?![\da-fA-F:]|\.\d)/g
const ACCOUNT = /[\p{L}\p{N}._%+@-]+/gu

/** Whether a text names the subject: an address by one of its forms or by a prefix that shares addresses with it. */
export function mentions(text: string, subject: Subject): boolean {
  return subject.kind === 'host' ? namesHost(text, subject.prefix) : namesAccount(text, subject.name)
}

/** Whether a text anywhere in the value names the subject. */
export function isMentioned(value: unknown, subject: Subject): boolean {
  if (typeof value === 'string') return mentions(value, subject)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some((one) => isMentioned(one, subject))
}

function namesHost(text: string, prefix: Prefix): boolean {
  for (const pattern of [IPV4, IPV6])
    for (const [found] of text.matchAll(pattern)) {
      const named = prefixIn(found)
      if (named !== undefined && prefixesOverlap(named, prefix)) return true
    }
  return false
}

/** What people write is often an address with the length of its network, or has the end of a sentence behind it. */
function prefixIn(text: string): Prefix | undefined {
  const [address = ''] = text.split('/')
  return parsed(text) ?? parsed(address) ?? parsed(address.replace(/:$/, ''))
}

function parsed(text: string): Prefix | undefined {
  try {
    return parsePrefix(text)
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

function namesAccount(text: string, name: string): boolean {
  const wanted = name.toLowerCase()
  // The end of a sentence is none of it.
  for (const [found] of text.matchAll(ACCOUNT))
    if (found.toLowerCase().replace(/\.+$/, '') === wanted) return true
  return false
}
