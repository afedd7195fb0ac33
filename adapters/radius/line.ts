import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'
import { type Attribute, MalformedPacket, type Packet } from './codec/packet.ts'
import { openAnswer, signRequest } from './codec/signing.ts'

/** The longest pause between two copies of a request (MRT of RFC 5080 §2.2.1). */
const LONGEST_PAUSE_MS = 16_000
/** Requests under way with one NAS: it does them one after the other. */
const AT_ONCE = 16
const IDENTIFIERS = 256

export interface LineOptions {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly secret: Buffer
  /** Until the first copy of a request, in milliseconds; each pause after it is twice as long. */
  readonly retryAfter: number
  /** Until a request is given up. */
  readonly answerWithin: number
  readonly clock: Clock
}

interface Waiting {
  readonly authenticator: Buffer
  readonly answered: (packet: Packet) => void
}

/** Asks one NAS over UDP: copies of a request are the same octets, so that it does nothing twice (RFC 5080 §2.2). */
export class Line {
  readonly #options: LineOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #queue: (() => void)[] = []
  readonly #closing = new AbortController()
  #socket: Promise<Socket> | undefined
  #underWay = 0
  #next = 0
  /** Answers of which it cannot be told that they come from who knows the secret. */
  #forged = 0
  #refused = false

  constructor(options: LineOptions) {
    this.#options = options
  }

  /** @throws AdapterError `timeout`, `unreachable` */
  async ask(code: number, attributes: readonly Attribute[]): Promise<Packet> {
    await this.#turn()
    try {
      if (this.#closing.signal.aborted) throw this.#over()
      return await this.#ask(code, attributes)
    } finally {
      this.#underWay -= 1
      this.#queue.shift()?.()
    }
  }

  close(): void {
    this.#closing.abort()
    for (const go of this.#queue.splice(0)) go()
    void this.#socket?.then((socket) => socket.close()).catch(() => undefined)
    this.#socket = undefined
  }

  #turn(): Promise<void> {
    if (this.#underWay < AT_ONCE) {
      this.#underWay += 1
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.#queue.push(() => {
        this.#underWay += 1
        resolve()
      })
    })
  }

  async #ask(code: number, attributes: readonly Attribute[]): Promise<Packet> {
    const socket = await this.#open()
    const identifier = this.#identifier()
    const octets = signRequest({ code, identifier, attributes }, this.#options.secret)
    return new Promise((resolve, reject) => {
      const { clock, answerWithin } = this.#options
      const end = clock.monotonic() + answerWithin
      let sent = 0
      let cancel = (): void => undefined
      const settle = (run: () => void): void => {
        cancel()
        this.#waiting.delete(identifier)
        this.#closing.signal.removeEventListener('abort', abort)
        run()
      }
      const abort = (): void => settle(() => reject(this.#over()))
      const send = (): void => {
        const left = end - clock.monotonic()
        if (left <= 0) return settle(() => reject(this.#silence(sent)))
        socket.send(octets, (error) => {
          if (error !== null) this.#refused = true
        })
        sent += 1
        cancel = clock.after(Math.min(left, this.#pause(sent, identifier)), send)
      }
      this.#waiting.set(identifier, {
        authenticator: octets.subarray(4, 20),
        answered: (packet) => settle(() => resolve(packet)),
      })
      this.#closing.signal.addEventListener('abort', abort, { once: true })
      send()
    })
  }

  /** Twice the one before, a tenth more or less, so that many do not come together (RFC 5080 §2.2.1). */
  #pause(sent: number, identifier: number): number {
    const pause = Math.min(this.#options.retryAfter * 2 ** (sent - 1), LONGEST_PAUSE_MS)
    return pause * (0.9 + ((identifier * 7 + sent) % 21) / 100)
  }

  /** The one that was used longest ago: a late answer to an earlier request finds nobody who waits. */
  #identifier(): number {
    while (this.#waiting.has(this.#next)) this.#next = (this.#next + 1) % IDENTIFIERS
    const identifier = this.#next
    this.#next = (this.#next + 1) % IDENTIFIERS
    return identifier
  }

  #open(): Promise<Socket> {
    this.#socket ??= this.#connect().catch((error: unknown) => {
      this.#socket = undefined
      throw new AdapterError('unreachable', `${this.#where}: ${String(error)}`)
    })
    return this.#socket
  }

  /** Connected, so that the kernel takes nothing from others, and tells when nobody listens there. */
  #connect(): Promise<Socket> {
    const { address, port } = this.#options
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.connect(port, address, () => {
        socket.off('error', reject)
        socket.on('error', () => {
          this.#refused = true
        })
        socket.on('message', (octets) => this.#hear(octets))
        resolve(socket)
      })
    })
  }

  #hear(octets: Buffer): void {
    const waiting = this.#waiting.get(octets[1] ?? -1)
    if (waiting === undefined) return
    const packet = this.#read(octets, waiting.authenticator)
    if (packet === undefined) {
      this.#forged += 1
      return
    }
    this.#refused = false
    waiting.answered(packet)
  }

  #read(octets: Buffer, authenticator: Buffer): Packet | undefined {
    try {
      return openAnswer(octets, authenticator, this.#options.secret)
    } catch (error) {
      if (error instanceof MalformedPacket) return undefined
      throw error
    }
  }

  get #where(): string {
    const { name, address, port } = this.#options
    return `${name} (${isIPv6(address) ? `[${address}]` : address}:${port})`
  }

  #over(): AdapterError {
    return new AdapterError('unreachable', 'the session is closed')
  }

  /** A NAS that does not know us, or another secret, says nothing either (RFC 5176 §2.3). */
  #silence(sent: number): AdapterError {
    const tries = `${this.#where} has not answered ${sent} ${sent === 1 ? 'try' : 'tries'}`
    if (this.#refused) return new AdapterError('unreachable', `${tries}: nothing listens there`)
    const forged =
      this.#forged === 0 ? '' : `; ${this.#forged} answers came that are not signed with our secret`
    this.#forged = 0
    return new AdapterError(
      'timeout',
      `${tries}: is it there, is Cordon its client, and the secret the same?${forged}`,
    )
  }
}
