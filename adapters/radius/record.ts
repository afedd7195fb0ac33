import { isMacForm, parseAccount, parseStation, realmOf } from '../../src/domain/identity.ts'
import { InputError } from '../../src/domain/input-error.ts'
import { numberOf, textOf } from './codec/attributes.ts'
import type { Packet } from './codec/packet.ts'

/** Acct-Status-Type of RFC 2866 §5.1 that is heard here. */
const STATUS: ReadonlyMap<number, Told['what']> = new Map([
  [1, 'alive'],
  [2, 'ended'],
  [3, 'alive'],
  [7, 'restarted'],
  [8, 'restarted'],
])

/** What a NAS said of a session, or of itself. Texts are octets, a character each, so that they go back as they came. */
export type Told = ToldSession | ToldRestart

export interface ToldSession {
  readonly what: 'alive' | 'ended'
  readonly nas: NasIdentity
  /** When it was, in milliseconds by the clock of the NAS, or, where it says none, by ours. */
  readonly at: number
  /** Acct-Session-Id. */
  readonly id: string
  readonly user?: string
  /** Calling-Station-Id. */
  readonly station?: string
  /** Chargeable-User-Identity (RFC 4372). */
  readonly cui?: string
  readonly address?: string
  readonly port?: number
}

export interface ToldRestart {
  readonly what: 'restarted'
  readonly nas: NasIdentity
  readonly at: number
}

/** By what a NAS calls itself. */
export interface NasIdentity {
  readonly identifier?: string
  /** IPv4 or IPv6. */
  readonly address?: string
}

/** @returns undefined where it is about no session, such as a tunnel's own records; a text says what it lacks */
export function readRecord({ attributes }: Packet, now: number): Told | string | undefined {
  const status = numberOf(attributes, 'Acct-Status-Type')
  if (status === undefined) return 'no Acct-Status-Type'
  const what = STATUS.get(status)
  if (what === undefined) return undefined
  const said = (name: Parameters<typeof textOf>[1]): string | undefined => textOf(attributes, name)
  const identity = given({
    identifier: said('NAS-Identifier'),
    address: said('NAS-IP-Address') ?? said('NAS-IPv6-Address'),
  })
  const seconds = numberOf(attributes, 'Event-Timestamp')
  const late = numberOf(attributes, 'Acct-Delay-Time') ?? 0
  const at = seconds === undefined ? now - late * 1_000 : seconds * 1_000
  if (what === 'restarted') return { what, nas: identity, at }
  const id = said('Acct-Session-Id')
  if (id === undefined || id === '') return 'no Acct-Session-Id'
  return {
    ...{ what, nas: identity, at, id },
    ...given({
      user: said('User-Name'),
      station: said('Calling-Station-Id'),
      cui: said('Chargeable-User-Identity'),
      address: said('Framed-IP-Address') ?? said('Framed-IPv6-Address'),
      port: numberOf(attributes, 'NAS-Port'),
    }),
  }
}

/** Those that are known, so that what is missing is left out. */
function given<T extends object>(all: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T
}

/**
 * Whose a session is, as rules name them: the account of its User-Name, its chargeable user identity with the realm, and
 * its station. A User-Name that is no account, such as that of a machine, names nobody; one that is a MAC address, as
 * NASes say of what they let in by it, is a station.
 * @param realm of a User-Name that has none
 */
export function namesOf(
  { user, station, cui }: { readonly [K in 'user' | 'station' | 'cui']?: string | undefined },
  realm: string | undefined,
): readonly string[] {
  const names = new Set<string>()
  const account = user === undefined ? undefined : accountOf(user, realm)
  if (account !== undefined) names.add(account)
  for (const text of [station, user]) {
    const mac = text === undefined ? undefined : stationOf(text)
    if (mac !== undefined) names.add(mac)
  }
  const chargeable = chargeableOf({ user, cui }, realm)
  if (chargeable !== undefined) names.add(chargeable)
  return [...names]
}

/** A chargeable user identity as an account: it is the same one whatever the user is called outside (RFC 4372 §2). */
export function chargeableOf(
  { user, cui }: { readonly [K in 'user' | 'cui']?: string | undefined },
  realm: string | undefined,
): string | undefined {
  if (cui === undefined) return undefined
  const account = user === undefined ? undefined : accountOf(user, realm)
  return accountOf(cui, account === undefined ? realm : realmOf(account))
}

function accountOf(octets: string, realm: string | undefined): string | undefined {
  // A NAS may end a text with a null octet.
  const text = Buffer.from(octets, 'latin1').toString('utf8').replace(/\0+$/, '')
  // What machines log in as names no person (MS-PEAP, `host/NAME`).
  if (isMacForm(text) || /^host\//i.test(text)) return undefined
  return attempt(() => parseAccount(text.includes('@') || realm === undefined ? text : `${text}@${realm}`))
}

/** Some write `02-00-5E-10-00-01:eduroam`, with the name of the network behind it. */
function stationOf(octets: string): string | undefined {
  const [text = ''] = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?=:[^:]*$)/i.exec(octets) ?? [octets]
  return isMacForm(text) ? attempt(() => parseStation(text)) : undefined
}

function attempt(read: () => string): string | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
