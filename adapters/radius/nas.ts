import { isIPv4 } from 'node:net'
import type { Clock } from '../../src/domain/clock.ts'
import { isStationName } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import type { KnownSession } from './book.ts'
import { attribute, numberOf } from './codec/attributes.ts'
import { type Attribute, CODE } from './codec/packet.ts'
import { type IDENTIFIED_BY, identifyOf, type NasConfig } from './config.ts'
import { meaningOf } from './error-cause.ts'
import type { Line } from './line.ts'

/** What a NAS can be asked to do with a session. */
export type Deed = 'end' | 'quarantine' | 'release'

/** `changed`: the session goes on in another way; `ended`: it is over; `gone`: there was none. */
export type Done = 'changed' | 'ended' | 'gone'

export interface NasOptions {
  readonly config: NasConfig
  readonly settings: Readonly<Record<'quarantine' | 'release', readonly Attribute[] | undefined>>
  readonly line: Line
  readonly clock: Clock
}

/** A NAS that ends and changes sessions (RFC 5176). */
export class Nas {
  readonly name: string
  /** Whether it is asked by name alone, as it tells us of no sessions. */
  readonly byName: boolean
  readonly #options: NasOptions

  constructor(options: NasOptions) {
    this.#options = options
    this.name = options.config.name
    this.byName = options.config.byName === true
  }

  /** @throws AdapterError: it refuses, or does not answer */
  ask(deed: Deed, session: KnownSession): Promise<Done> {
    return this.#ask(deed, shownBy(this.#options.config, session))
  }

  /** All sessions of an account or a station. @throws AdapterError: it refuses, or does not answer */
  askByName(deed: Deed, name: string): Promise<Done> {
    const who = isStationName(name)
      ? attribute('Calling-Station-Id', name.toUpperCase().replaceAll(':', '-'))
      : attribute('User-Name', Buffer.from(name, 'utf8').toString('latin1'))
    return this.#ask(deed, [who, ...nasAttributes(this.#options.config)])
  }

  close(): void {
    this.#options.line.close()
  }

  async #ask(deed: Deed, who: readonly Attribute[]): Promise<Done> {
    const { settings, line, clock } = this.#options
    const setting = deed === 'end' ? undefined : settings[deed]
    if (deed === 'quarantine' && setting === undefined)
      throw new AdapterError('unsupported', `${this.name}: its configuration has no quarantine`)
    // RFC 5176 §3: it tells a request from one that somebody has recorded and sends again.
    const now = attribute('Event-Timestamp', Math.floor(clock.now() / 1_000))
    const code = setting === undefined ? CODE.disconnectRequest : CODE.coaRequest
    const answer = await line.ask(code, [...who, ...(setting ?? []), now])
    if (answer.code === code + 1) return setting === undefined ? 'ended' : 'changed'
    const { means, words } = meaningOf(numberOf(answer.attributes, 'Error-Cause'))
    if (means === 'gone') return 'gone'
    throw new AdapterError(means, `${this.name}: ${words}`)
  }
}

/** By what the NAS knows the session, as far as accounting has told it; empty texts say nothing. */
function shownBy(config: NasConfig, session: KnownSession): readonly Attribute[] {
  return identifyOf(config).flatMap((name) => {
    const value = shown(name, config, session)
    return value === undefined || value === '' ? [] : [attribute(name, value)]
  })
}

function shown(
  name: (typeof IDENTIFIED_BY)[number],
  { identifier, address }: NasConfig,
  session: KnownSession,
): string | number | undefined {
  switch (name) {
    case 'User-Name':
      return session.user
    case 'Acct-Session-Id':
      return session.id
    case 'Calling-Station-Id':
      return session.station
    case 'Framed-IP-Address':
      return session.address !== undefined && isIPv4(session.address) ? session.address : undefined
    case 'NAS-Port':
      return session.port
    case 'Chargeable-User-Identity':
      return session.cui
    case 'NAS-Identifier':
      return identifier
    case 'NAS-IP-Address':
      return isIPv4(address) ? address : undefined
    case 'NAS-IPv6-Address':
      return isIPv4(address) ? undefined : address
  }
}

function nasAttributes({ identifier, address }: NasConfig): readonly Attribute[] {
  if (identifier !== undefined) return [attribute('NAS-Identifier', identifier)]
  return [attribute(isIPv4(address) ? 'NAS-IP-Address' : 'NAS-IPv6-Address', address)]
}
