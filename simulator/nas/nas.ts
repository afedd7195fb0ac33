import { isIPv6 } from 'node:net'
import { AccountingClient, type AccountingServer } from './accounting.ts'
import { type Answer, AskedPort, type Dropped, type RequestKind, type SeenRequest } from './asked.ts'
import { attribute, type Named } from './attributes.ts'
import { type Faults, NO_FAULTS } from './faults.ts'
import { CAUSES, judgeCoa, judgeDisconnect, type Verdict } from './judging.ts'
import type { Attribute } from './packet.ts'
import { type Arrival, type Gate, type NasSession, NO_GATE } from './session.ts'

export interface NasOptions {
  /** 127.0.0.1 when left out */
  readonly address?: string
  /** where it is asked to disconnect; any that is free when left out */
  readonly port?: number
  /** of those that may ask */
  readonly secret: string
  /** NAS-Identifier */
  readonly identifier: string
  /** each is told everything */
  readonly accounting: readonly AccountingServer[]
  /** how often it says that a session goes on; never when left out */
  readonly interimMs?: number
  readonly gate?: Gate
  readonly faults?: Partial<Faults>
  /** in milliseconds, Date.now when left out */
  readonly now?: () => number
}

/** An access point or switch that lets stations in, tells accounting, and obeys RFC 5176. */
export interface Nas {
  readonly address: string
  readonly port: number
  readonly faults: Faults
  /** What it was asked, in order; copies too. */
  readonly seen: readonly SeenRequest[]
  /** What was not right, by why. */
  readonly dropped: Readonly<Dropped>
  /** What went wrong behind it: its gate. */
  readonly trouble: readonly unknown[]
  /** How many records the accounting servers have answered, never answered, and have still to answer. */
  told(): { readonly answered: number; readonly lost: number; readonly outstanding: number }
  /** Tells accounting that a session begins, opens the gate, and gives its Acct-Session-Id. @throws what the gate does */
  connect(arrival: Arrival): Promise<string>
  /** The station leaves by itself. @throws RangeError when there is no such session */
  disconnect(sessionId: string): Promise<void>
  sessions(): readonly NasSession[]
  /** Says of every session that it goes on. */
  interim(): void
  /** All sessions are gone, and nobody is told of each: Accounting-On speaks for all. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Acct-Status-Type (RFC 2866 §5.1) */
const STATUS = { start: 1, stop: 2, interim: 3, on: 7 } as const
/** Acct-Terminate-Cause (RFC 2866 §5.10) */
const USER_REQUEST = 1
const ADMIN_RESET = 6
const NAS_ERROR = 9
const RADIUS = 1
const WIRELESS = 19

export async function startNas(options: NasOptions): Promise<Nas> {
  const nas = new Running(options)
  await nas.start()
  return nas
}

class Running implements Nas {
  readonly address: string
  readonly faults: Faults
  readonly trouble: unknown[] = []
  readonly #options: NasOptions
  readonly #gate: Gate
  readonly #now: () => number
  readonly #sessions = new Map<string, NasSession>()
  #asked!: AskedPort
  #clients: readonly AccountingClient[] = []
  #timer: NodeJS.Timeout | undefined
  #count = 0

  constructor(options: NasOptions) {
    const { address = '127.0.0.1', faults = {}, gate = NO_GATE, now = Date.now } = options
    this.address = address
    this.faults = { ...NO_FAULTS, ...faults }
    this.#options = options
    this.#gate = gate
    this.#now = now
  }

  async start(): Promise<void> {
    const { port = 0, secret, accounting, interimMs } = this.#options
    this.#asked = await AskedPort.open({
      ...{ address: this.address, port, secret, now: this.#now, faults: this.faults },
      answer: (kind, attributes) => this.#answer(kind, attributes),
      fail: (error) => this.trouble.push(error),
    })
    this.#clients = await Promise.all(accounting.map((server) => AccountingClient.open(server, this.address)))
    if (interimMs !== undefined) this.#timer = setInterval(() => this.interim(), interimMs)
  }

  get port(): number {
    return this.#asked.port
  }

  get seen(): readonly SeenRequest[] {
    return this.#asked.seen
  }

  get dropped(): Readonly<Dropped> {
    return this.#asked.dropped
  }

  told() {
    const told = this.#clients.map((client) => client.told)
    const sum = (what: 'answered' | 'lost' | 'outstanding'): number =>
      told.reduce((total, one) => total + one[what], 0)
    return { answered: sum('answered'), lost: sum('lost'), outstanding: sum('outstanding') }
  }

  async connect(arrival: Arrival): Promise<string> {
    this.#count += 1
    // Never used again, also after a restart (RFC 2866 §5.5).
    const id = `${this.#options.identifier}-${String(this.#count).padStart(6, '0')}`
    const session = { ...arrival, id, port: this.#count, since: this.#now() }
    this.#sessions.set(id, session)
    this.#tell(STATUS.start, session)
    try {
      await this.#gate.open(session)
    } catch (error) {
      this.#sessions.delete(id)
      this.#tellStop(session, NAS_ERROR)
      throw error
    }
    return id
  }

  async disconnect(sessionId: string): Promise<void> {
    const session = this.#sessions.get(sessionId)
    if (session === undefined) throw new RangeError(`there is no session '${sessionId}'`)
    if (await this.#end(session)) this.#tellStop(session, USER_REQUEST)
  }

  sessions(): readonly NasSession[] {
    return [...this.#sessions.values()]
  }

  interim(): void {
    for (const session of this.#sessions.values()) this.#tell(STATUS.interim, session)
  }

  async restart(): Promise<void> {
    for (const session of this.sessions()) await this.#end(session)
    this.#asked.forget()
    this.#tellAll([attribute('Acct-Status-Type', STATUS.on)])
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#asked.close()
    for (const client of this.#clients) client.close()
  }

  async #answer(kind: RequestKind, attributes: readonly Named[]): Promise<Answer> {
    if (this.faults.refuse !== undefined) return refusal(this.faults.refuse)
    const judge = kind === 'Disconnect-Request' ? judgeDisconnect : judgeCoa
    const own = { identifier: this.#options.identifier, address: this.address }
    const verdict = judge(attributes, own, this.sessions())
    if ('cause' in verdict) return refusal(verdict.cause)
    if (this.faults.lie) return { ack: true, attributes: [] }
    try {
      return kind === 'Disconnect-Request' ? await this.#endAll(verdict) : await this.#changeAll(verdict)
    } catch (error) {
      this.trouble.push(error)
      return refusal(CAUSES.resourcesUnavailable)
    }
  }

  async #endAll({ sessions }: Found): Promise<Answer> {
    const ended: NasSession[] = []
    for (const session of sessions) if (await this.#end(session)) ended.push(session)
    const afterwards = async (): Promise<void> => {
      for (const session of ended) {
        if (!this.faults.noStop) this.#tellStop(session, ADMIN_RESET)
        if (this.faults.reconnects) await this.connect(arrivalOf(session))
      }
    }
    return { ack: true, attributes: [], afterwards }
  }

  async #changeAll({ sessions, change }: Found): Promise<Answer> {
    for (const session of sessions) {
      const changed = { ...session, ...change }
      await this.#gate.move(changed)
      if (this.#sessions.has(session.id)) this.#sessions.set(session.id, changed)
    }
    return { ack: true, attributes: [] }
  }

  /** Whether it was not ended already, while the gate closed. */
  async #end(session: NasSession): Promise<boolean> {
    await this.#gate.close(session)
    return this.#sessions.delete(session.id)
  }

  #tellStop(session: NasSession, cause: number): void {
    this.#tell(STATUS.stop, session, [attribute('Acct-Terminate-Cause', cause)])
  }

  #tell(status: number, session: NasSession, more: readonly Attribute[] = []): void {
    const { id, user, station, cui, framedIp, port, since } = session
    const seconds = Math.floor((this.#now() - since) / 1000)
    this.#tellAll([
      attribute('Acct-Status-Type', status),
      attribute('Acct-Session-Id', id),
      attribute('User-Name', user),
      attribute('Calling-Station-Id', station),
      ...(cui === undefined ? [] : [attribute('Chargeable-User-Identity', cui)]),
      ...(framedIp === undefined ? [] : [attribute('Framed-IP-Address', framedIp)]),
      attribute('NAS-Port', port),
      attribute('NAS-Port-Type', WIRELESS),
      attribute('Acct-Authentic', RADIUS),
      ...(status === STATUS.start ? [] : [attribute('Acct-Session-Time', seconds)]),
      ...more,
    ])
  }

  #tellAll(attributes: readonly Attribute[]): void {
    const own = isIPv6(this.address) ? 'NAS-IPv6-Address' : 'NAS-IP-Address'
    const whole = [
      ...attributes,
      attribute(own, this.address),
      attribute('NAS-Identifier', this.#options.identifier),
      attribute('Event-Timestamp', Math.floor(this.#now() / 1000)),
    ]
    for (const client of this.#clients) client.tell(whole)
  }
}

type Found = Extract<Verdict, { sessions: unknown }>

function refusal(cause: number): Answer {
  return { ack: false, attributes: [attribute('Error-Cause', cause)] }
}

function arrivalOf({ user, station, cui, framedIp }: NasSession): Arrival {
  return {
    user,
    station,
    ...(cui === undefined ? {} : { cui }),
    ...(framedIp === undefined ? {} : { framedIp }),
  }
}
