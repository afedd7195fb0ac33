import { isIPv6 } from 'node:net'
import { canonical6, type Named } from './attributes.ts'
import type { NasSession } from './session.ts'

/** Values of Error-Cause (RFC 5176 §3.5). */
export const CAUSES = {
  unsupportedAttribute: 401,
  missingAttribute: 402,
  nasIdentificationMismatch: 403,
  unsupportedService: 405,
  invalidAttributeValue: 407,
  sessionContextNotFound: 503,
  resourcesUnavailable: 506,
} as const

/** Which NAS this is. */
export interface Identity {
  readonly identifier: string
  readonly address: string
}

export type Change = Pick<NasSession, 'vlan' | 'filter'>

/** A request that cannot be carried out, or the sessions that it is about and what becomes of them. */
export type Verdict =
  | { readonly cause: number }
  | { readonly sessions: readonly NasSession[]; readonly change: Change }

const OF_NAS = ['NAS-Identifier', 'NAS-IP-Address', 'NAS-IPv6-Address']

/** What names a session (RFC 5176 §3), where this NAS knows it. */
const OF_SESSION: Readonly<Record<string, (session: NasSession) => string | number | undefined>> = {
  'Acct-Session-Id': ({ id }) => id,
  'User-Name': ({ user }) => user,
  'Calling-Station-Id': ({ station }) => station,
  'Chargeable-User-Identity': ({ cui }) => cui,
  'Framed-IP-Address': ({ framedIp }) => framedIp,
  'NAS-Port': ({ port }) => port,
}

/** What may stand in any request and changes nothing. Acct-Terminate-Cause and the others are for people and proxies. */
const BESIDE = ['Message-Authenticator', 'Event-Timestamp', 'Proxy-State']
const BESIDE_DISCONNECT = [...BESIDE, 'Acct-Terminate-Cause', 'Reply-Message', 'Class']

const VLAN = 13
const IEEE_802 = 6

export function judgeDisconnect(
  attributes: readonly Named[],
  own: Identity,
  sessions: readonly NasSession[],
): Verdict {
  const rest = unaddressed(attributes).filter(({ name }) => !BESIDE_DISCONNECT.includes(name))
  return addressed(attributes, own, sessions, rest.length === 0 ? {} : refusalOf(rest))
}

export function judgeCoa(
  attributes: readonly Named[],
  own: Identity,
  sessions: readonly NasSession[],
): Verdict {
  const rest = unaddressed(attributes).filter(({ name }) => !BESIDE.includes(name))
  return addressed(attributes, own, sessions, changeOf(rest))
}

type Wanted = Change | { readonly cause: number }

function addressed(
  attributes: readonly Named[],
  own: Identity,
  all: readonly NasSession[],
  wanted: Wanted,
): Verdict {
  if (attributes.some(({ malformed }) => malformed)) return { cause: CAUSES.invalidAttributeValue }
  if (!attributes.every((one) => isOurs(one, own))) return { cause: CAUSES.nasIdentificationMismatch }
  if ('cause' in wanted) return wanted
  const named = attributes.filter(({ name }) => name in OF_SESSION)
  if (named.length === 0) return { cause: CAUSES.missingAttribute }
  const sessions = all.filter((session) =>
    named.every(({ name, value }) => OF_SESSION[name]?.(session) === value),
  )
  return sessions.length === 0 ? { cause: CAUSES.sessionContextNotFound } : { sessions, change: wanted }
}

function isOurs({ name, value }: Named, { identifier, address }: Identity): boolean {
  if (name === 'NAS-Identifier') return value === identifier
  if (name === 'NAS-IP-Address') return value === address
  return name !== 'NAS-IPv6-Address' || (isIPv6(address) && value === canonical6(address))
}

function unaddressed(attributes: readonly Named[]): Named[] {
  return attributes.filter(({ name }) => !(name in OF_SESSION) && !OF_NAS.includes(name))
}

function changeOf(rest: readonly Named[]): Wanted {
  const known = ['Tunnel-Type', 'Tunnel-Medium-Type', 'Tunnel-Private-Group-Id', 'Filter-Id']
  const unknown = rest.filter(({ name }) => !known.includes(name))
  if (unknown.length > 0) return refusalOf(unknown)
  const vlan = rest.find(({ name }) => name === 'Tunnel-Private-Group-Id')
  const filter = rest.find(({ name }) => name === 'Filter-Id')
  if (vlan === undefined && filter === undefined) return { cause: CAUSES.missingAttribute }
  if (!rest.every((one) => belongsTo(one, vlan))) return { cause: CAUSES.invalidAttributeValue }
  return {
    ...(vlan === undefined ? {} : { vlan: String(vlan.value) }),
    ...(filter === undefined ? {} : { filter: String(filter.value) }),
  }
}

/** Whether a tunnel's attribute says what a VLAN needs (RFC 3580 §3.31), of the same tunnel (RFC 2868 §3). */
function belongsTo({ name, value, tag }: Named, vlan: Named | undefined): boolean {
  if (name === 'Filter-Id') return true
  if (tag !== vlan?.tag) return false
  if (name === 'Tunnel-Type') return value === VLAN
  return name !== 'Tunnel-Medium-Type' || value === IEEE_802
}

function refusalOf(attributes: readonly Named[]): { cause: number } {
  const isService = attributes.some(({ name }) => name === 'Service-Type')
  return { cause: isService ? CAUSES.unsupportedService : CAUSES.unsupportedAttribute }
}
