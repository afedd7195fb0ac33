import { InputError } from './input-error.ts'
import { flatText } from './prefix.ts'

/** Of one part of the name of an account, and of all of it. */
const LONGEST_USER = 128
const LONGEST_ACCOUNT = 253

/** `utf8-username` and `utf8-realm` of RFC 7542 §2.2. */
const WORD = String.raw`[\p{L}\p{M}\p{N}!#$%&'*+/=?^_\u0060{|}~-]+`
const LABEL = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?`
const ACCOUNT = new RegExp(String.raw`^(${WORD}(?:\.${WORD})*)@(${LABEL}(?:\.${LABEL})+)$`, 'u')
const REALM = new RegExp(String.raw`^${LABEL}(?:\.${LABEL})+$`, 'u')

/**
 * Reads an account, `user@realm` (RFC 7542), as it is compared: in lower case, as directories compare names (RFC 8265
 * §3.3), and composed. @throws InputError `account`
 */
export function parseAccount(text: string): string {
  const name = text.trim().normalize('NFC').toLowerCase()
  const [, user = ''] = ACCOUNT.exec(name) ?? []
  if (user === '' || user.length > LONGEST_USER || name.length > LONGEST_ACCOUNT)
    throw new InputError(
      'account',
      `'${text.slice(0, 80)}' is no account; write user@realm, such as alice@campus.example`,
    )
  return flatText(name)
}

/** Reads a realm as it is compared. @throws InputError `realm` */
export function parseRealm(text: string): string {
  const realm = text.trim().normalize('NFC').toLowerCase()
  if (!REALM.test(realm) || realm.length > LONGEST_ACCOUNT)
    throw new InputError('realm', `'${text.slice(0, 80)}' is no realm; write it as campus.example`)
  return flatText(realm)
}

/** The part behind the `@`. */
export function realmOf(account: string): string {
  return account.slice(account.lastIndexOf('@') + 1)
}

const MAC = /^([0-9a-f]{2}([:-]?)[0-9a-f]{2}(\2[0-9a-f]{2}){4}|[0-9a-f]{4}(\.[0-9a-f]{4}){2})$/i

/** Whether a text has the form of a MAC address; none of these is an IP address. */
export function isMacForm(text: string): boolean {
  return MAC.test(text)
}

/**
 * A MAC address in any usual writing (`aa:bb:cc:dd:ee:ff`, `AA-BB-CC-DD-EE-FF`, `aabb.ccdd.eeff`, `aabbccddeeff`) as
 * lower case with colons. @throws InputError
 */
export function parseMac(text: string): string {
  if (!isMacForm(text))
    throw new InputError('binding-mac', `'${text}' is no MAC address; write 02:00:5e:10:00:01`)
  const digits = text.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()
  return flatText(...[0, 2, 4, 6, 8, 10].map((at) => `${at === 0 ? '' : ':'}${digits.slice(at, at + 2)}`))
}

/** The MAC address of one station. @throws InputError: of a group of stations, or nobody's */
export function parseStation(text: string): string {
  const mac = parseMac(text)
  const isGroup = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1
  if (isGroup || mac === '00:00:00:00:00:00')
    throw new InputError('station', `${mac} is the address of no single station`)
  return mac
}
