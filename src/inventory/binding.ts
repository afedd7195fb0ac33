import { hash } from 'node:crypto'
import { InputError } from '../domain/input-error.ts'
import { isHostPrefix, type Prefix, parsePrefix } from '../domain/prefix.ts'
import type { LineProblems } from './line-problems.ts'

/** Who had an address, and when. At least one of `mac`, `user` and `port` is there. Times are milliseconds. */
export interface Binding {
  /** One address: /32 or /128. */
  readonly address: Prefix
  /** `aa:bb:cc:dd:ee:ff`. */
  readonly mac?: string
  readonly user?: string
  /** Where the host was attached: a switch and its port, in the site's own words. */
  readonly port?: string
  /** Behind a NAT: the range of ports that were this user's, both ends included. */
  readonly fromPort?: number
  readonly toPort?: number
  readonly from: number
  /** The first moment at which it no longer held; `null`, it still does. */
  readonly until: number | null
  /** Where this is known from. */
  readonly source: string
  /** Of {@link sessionNumber}, where its source names sessions: what is told of one later belongs to it. */
  readonly session?: number
}

/** Reads the text of a file, hands over each binding in it, and says how many lines it passed over. */
export type BindingReader = (
  text: string,
  source: string,
  take: (binding: Binding) => void,
  problems: LineProblems,
) => number

/** Reads one address. @throws InputError */
export function parseAddress(text: string): Prefix {
  const address = parsePrefix(text)
  if (!isHostPrefix(address))
    throw new InputError('binding-address', `'${text}' is a prefix; a binding has one address`)
  return address
}

/** A user as it is compared: in lower case, as directories compare names (RFC 8265 §3.3). @throws InputError */
export function parseUser(text: string): string {
  const user = text.trim().normalize('NFC').toLowerCase()
  if (user === '' || user.length > 253)
    throw new InputError('binding-user', 'a user has 1 to 253 characters, such as jane@example.org')
  return user
}

/** Later than this, seconds since 1970 are milliseconds by mistake. */
const LATEST_SECOND = 32_503_680_000
const MOMENT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?) ?(Z|[+-]\d{2}:\d{2})$/i

/** A moment as RFC 3339 text with its zone, or whole seconds since 1970, as milliseconds. @throws InputError */
export function parseMoment(value: unknown): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : ''
  if (/^\d+$/.test(text)) {
    const seconds = Number(text)
    if (seconds <= LATEST_SECOND) return seconds * 1_000
    throw new InputError('binding-time', `'${text}' is too late; write seconds since 1970, not milliseconds`)
  }
  const [, day, time, zone] = MOMENT.exec(text) ?? []
  const moment = Date.parse(`${day}T${time}${zone?.toUpperCase()}`)
  if (day === undefined || Number.isNaN(moment) || !isDay(day))
    throw new InputError(
      'binding-time',
      `'${text}' is no moment; write 2026-11-22T08:00:00Z or seconds since 1970`,
    )
  return moment
}

/** Whether this text is a day of the calendar, YYYY-MM-DD: the 30th of February is none. */
export function isDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
  return day !== undefined && !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text
}

/** Two attributes of RADIUS and what stands between them. */
const LONGEST_WORDS = 512

function refuseLong(name: 'port' | 'source', text: string | undefined): void {
  if (text === undefined || text.length <= LONGEST_WORDS) return
  throw new InputError(
    'binding-words',
    `this has up to ${LONGEST_WORDS} characters, not ${text.length}`,
    name,
  )
}

/** A binding of which all parts were read; what they mean together is checked here. @throws InputError */
export function bindingOf(parts: {
  readonly address: Prefix
  readonly mac?: string | undefined
  readonly user?: string | undefined
  readonly port?: string | undefined
  readonly fromPort?: number | undefined
  readonly toPort?: number | undefined
  readonly from: number
  readonly until: number | null
  readonly source: string
  readonly session?: number | undefined
}): Binding {
  const { mac, user, port, fromPort, toPort, from, until, session } = parts
  refuseLong('port', port)
  refuseLong('source', parts.source)
  if (mac === undefined && user === undefined && port === undefined)
    throw new InputError('binding-nobody', 'this says nobody: give mac, user or port')
  if (until !== null && until <= from)
    throw new InputError(
      'binding-times',
      'until must be later than from; leave it empty where it still holds',
    )
  if ((fromPort === undefined) !== (toPort === undefined) || (fromPort ?? 0) > (toPort ?? 0))
    throw new InputError('binding-ports', 'fromPort and toPort go together, the lower one first')
  return {
    address: parts.address,
    ...(mac === undefined ? undefined : { mac }),
    ...(user === undefined ? undefined : { user }),
    ...(port === undefined ? undefined : { port }),
    ...(fromPort === undefined || toPort === undefined ? undefined : { fromPort, toPort }),
    from,
    until,
    source: parts.source,
    ...(session === undefined ? undefined : { session }),
  }
}

/** A session's name as a number of 48 bits: a million names would take as much memory as all that is known of them. */
export function sessionNumber(name: string): number {
  return Number.parseInt(hash('sha1', name, 'hex').slice(0, 12), 16)
}
