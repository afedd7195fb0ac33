import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../src/domain/clock.ts'
import { parsePrefix, prefixAddress } from '../../src/domain/prefix.ts'
import type { Rule } from '../../src/domain/rule.ts'
import type { Expectation, Seen, WitnessSession } from '../witness.ts'
import { Expectations, type Watched } from '../witnessing/expectations.ts'
import { isAction } from '../witnessing/flow-action.ts'
import { routeSlot } from '../witnessing/slots.ts'
import type { BmpConfig } from './config.ts'
import { Connection, type Followed } from './connection.ts'
import { Router } from './router.ts'
import type { RouteFamily } from './update.ts'
import { whyNot } from './why-not.ts'

/** Connections of routers that have not introduced themselves; beyond, the next one waits for nothing. */
const MOST_STRANGERS = 8

/** Listens for one router's BMP (RFC 7854) and says which rules it has accepted. */
export class BmpSession implements WitnessSession, Followed {
  /** The only address that may connect. */
  readonly #from: string | undefined
  readonly #clock: Clock
  readonly #server: Server
  readonly #expectations = new Expectations(routeSlot)
  readonly #connections = new Set<Connection>()
  readonly #router: Router
  #current: Connection | undefined
  #listener: (words: string | undefined) => void = () => undefined
  #trouble: string | undefined
  #closed = false

  private constructor(config: BmpConfig, clock: Clock, server: Server) {
    this.#from = config.from === undefined ? undefined : prefixAddress(parsePrefix(config.from))
    this.#clock = clock
    this.#server = server
    this.#router = new Router(config, clock, () => this.#judgeAll())
    const { address, port } = config.listen
    this.#trouble = `no router has connected to ${address} port ${port} yet`
    server.on('connection', (socket) => this.#connected(socket))
  }

  /** @throws the system's error when it cannot listen there */
  static open(config: BmpConfig, clock: Clock): Promise<BmpSession> {
    return new Promise((resolve, reject) => {
      const server = createServer()
      const session = new BmpSession(config, clock, server)
      server.once('error', reject)
      server.listen({ host: config.listen.address, port: config.listen.port }, () => resolve(session))
    })
  }

  watch(expected: readonly Expectation[], onSeen: (seen: Seen) => void): void {
    for (const expectation of expected) {
      const watched = this.#expectations.add(expectation, onSeen)
      if (watched !== undefined) this.#judge(watched)
    }
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) this.#expectations.remove(key)
  }

  whyNot(key: string): string | undefined {
    const watched = this.#expectations.get(key)
    if (watched === undefined || this.#trouble !== undefined) return undefined
    return whyNot(this.#router, watched, familyOf(watched.rule))
  }

  onTrouble(listener: (words: string | undefined) => void): void {
    this.#listener = listener
    if (this.#trouble !== undefined) listener(this.#trouble)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#router.reset('')
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const connection of this.#connections) connection.end('')
    await closed
  }

  #connected(socket: Socket): void {
    const from = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    const strangers = this.#connections.size - (this.#current === undefined ? 0 : 1)
    if (this.#closed || strangers >= MOST_STRANGERS || (this.#from ?? from) !== from) {
      socket.on('error', () => undefined)
      socket.destroy()
      if (this.#current === undefined && strangers < MOST_STRANGERS)
        this.#tell(`${from} connected, and only ${this.#from} may`)
      return
    }
    this.#connections.add(new Connection(socket, this, this.#clock))
  }

  /** A router that has introduced itself takes the place of the one before, whose connection may be half dead. */
  begun(connection: Connection, description: string): void {
    const before = this.#current
    this.#current = connection
    before?.end('')
    this.#router.reset(description)
    this.#tellState()
  }

  message(type: number, body: Buffer): void {
    this.#router.message(type, body)
  }

  pause(): void {
    this.#tellState()
    const { slots, all } = this.#router.takeTouched()
    if (all) return this.#judgeAll()
    for (const slot of slots) for (const watched of this.#expectations.at(slot)) this.#judge(watched)
  }

  ended(connection: Connection, why: string): void {
    this.#connections.delete(connection)
    const isCurrent = connection === this.#current
    if (isCurrent) this.#current = undefined
    if (isCurrent) this.#router.reset('')
    if (this.#current === undefined) this.#tell(why)
  }

  #judgeAll(): void {
    for (const watched of this.#expectations.all()) this.#judge(watched)
  }

  #judge(watched: Watched): void {
    if (this.#trouble !== undefined) return
    const family = familyOf(watched.rule)
    const action = this.#router.proof(family, watched.slot)
    // What should go is there with any action; what should be there, with its own alone.
    const isThere =
      action !== undefined &&
      (!watched.present || 'prefix' in watched.rule || isAction(action, watched.rule.action))
    if (isThere) this.#expectations.see(watched, true)
    else if (this.#router.knowsAbsence(family, watched.slot)) this.#expectations.see(watched, false)
  }

  #tellState(): void {
    this.#tell(this.#router.trouble)
  }

  #tell(words: string | undefined): void {
    if (words === this.#trouble || this.#closed) return
    const isOver = words === undefined
    this.#trouble = words
    this.#listener(words)
    if (isOver) this.#judgeAll()
  }
}

function familyOf(rule: Rule): RouteFamily {
  if ('match' in rule) return `flow${rule.match.family}`
  return 'prefix' in rule && rule.prefix.includes(':') ? 'unicast6' : 'unicast4'
}
