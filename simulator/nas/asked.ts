import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Named, named } from './attributes.ts'
import type { Faults } from './faults.ts'
import { type Attribute, CODES, type Packet, parsed } from './packet.ts'
import { type Flaw, flawOfRequest, MESSAGE_AUTHENTICATOR, signAnswer, unsigned } from './signing.ts'

export type RequestKind = 'Disconnect-Request' | 'CoA-Request'

/** A request that was heard and was right, carried out or not. */
export interface SeenRequest {
  readonly kind: RequestKind
  readonly id: number
  readonly from: string
  /** which time it came: 1, and more when it was sent again */
  readonly copy: number
  readonly attributes: readonly Named[]
}

/** How a request is answered, and what is done when that is on its way. */
export interface Answer {
  readonly ack: boolean
  readonly attributes: readonly Attribute[]
  readonly afterwards?: () => Promise<void>
}

export type Dropped = Record<Flaw | 'malformed' | 'code' | 'old', number>

export interface AskedOptions {
  readonly address: string
  readonly port: number
  readonly secret: string
  /** in milliseconds, as Date.now */
  readonly now: () => number
  readonly faults: Faults
  readonly answer: (kind: RequestKind, attributes: readonly Named[]) => Promise<Answer>
  /** what could not be done, and is not the asker's fault */
  readonly fail: (error: unknown) => void
}

/** One request, by its bytes, from one port: repeated, it gets the same answer (RFC 5080 §2.2.2). */
interface Known {
  readonly bytes: Buffer
  copies: number
  begun: boolean
  answer?: Buffer
}

const MOST_KNOWN = 1024
/** RFC 5176 §6.3 */
const CURRENT_SECONDS = 300

const PROXY_STATE = 33

type Kind = readonly [RequestKind, ack: number, nak: number]

interface Heard {
  readonly packet: Packet
  readonly bytes: Buffer
  readonly kind: Kind
  readonly attributes: readonly Named[]
}

const KINDS: Readonly<Record<number, Kind>> = {
  [CODES.disconnectRequest]: ['Disconnect-Request', CODES.disconnectAck, CODES.disconnectNak],
  [CODES.coaRequest]: ['CoA-Request', CODES.coaAck, CODES.coaNak],
}

/** Where a NAS is asked to disconnect and to change (RFC 5176). What is not right it drops without a word. */
export class AskedPort {
  readonly seen: SeenRequest[] = []
  readonly dropped: Dropped = { authenticator: 0, 'message-authenticator': 0, malformed: 0, code: 0, old: 0 }
  readonly #options: AskedOptions
  readonly #socket: Socket
  readonly #known = new Map<string, Known>()
  readonly #working = new Set<Promise<void>>()
  readonly #closing = new AbortController()

  private constructor(options: AskedOptions, socket: Socket) {
    this.#options = options
    this.#socket = socket
    socket.on('message', (datagram, from) => {
      const work = this.#take(datagram, from).catch(options.fail)
      this.#working.add(work)
      void work.finally(() => this.#working.delete(work))
    })
  }

  static async open(options: AskedOptions): Promise<AskedPort> {
    const socket = createSocket(isIPv6(options.address) ? 'udp6' : 'udp4')
    socket.bind({ address: options.address, port: options.port })
    await once(socket, 'listening')
    return new AskedPort(options, socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** As a restart: what comes again is new. */
  forget(): void {
    this.#known.clear()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#socket.removeAllListeners('message')
    await Promise.all(this.#working)
    this.#socket.close()
  }

  async #take(datagram: Buffer, from: RemoteInfo): Promise<void> {
    const { faults } = this.#options
    const heard = this.#heard(datagram)
    if (heard === undefined) return
    const { packet, bytes, kind, attributes } = heard
    const { secret } = this.#options
    const known = this.#knownOf(`${from.address} ${from.port} ${packet.id}`, bytes)
    known.copies += 1
    const sender = { id: packet.id, from: `${from.address} ${from.port}` }
    this.seen.push({ kind: kind[0], ...sender, copy: known.copies, attributes })
    if (faults.silent || known.copies <= faults.deaf) return
    if (known.answer !== undefined) this.#send(known.answer, from)
    if (known.begun) return
    known.begun = true
    if (!(await this.#waited())) return
    const answer = await this.#options.answer(kind[0], attributes)
    known.answer = this.#signed(heard, answer, secret)
    if (faults.forge) this.#send(this.#signed(heard, { ack: true, attributes: [] }, `not ${secret}`), from)
    this.#send(known.answer, from)
    await answer.afterwards?.()
  }

  /** A request that is to be taken seriously. */
  #heard(datagram: Buffer): Heard | undefined {
    const whole = parsed(datagram)
    if (whole === undefined) return this.#drop('malformed')
    const { packet, bytes } = whole
    const kind = KINDS[packet.code]
    if (kind === undefined) return this.#drop('code')
    const flaw = flawOfRequest(bytes, this.#options.secret)
    if (flaw !== undefined) return this.#drop(flaw)
    const attributes = packet.attributes.map(named)
    const said = attributes.find(({ name }) => name === 'Event-Timestamp')?.value
    const isOld = typeof said === 'number' && Math.abs(this.#options.now() / 1000 - said) > CURRENT_SECONDS
    return isOld ? this.#drop('old') : { packet, bytes, kind, attributes }
  }

  #drop(why: keyof Dropped): undefined {
    this.dropped[why] += 1
  }

  #knownOf(key: string, bytes: Buffer): Known {
    const before = this.#known.get(key)
    if (before?.bytes.equals(bytes) === true) return before
    const known = { bytes, copies: 0, begun: false }
    this.#known.delete(key)
    this.#known.set(key, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest)
    return known
  }

  /** Whether it is still there after the pause that it was told to make. */
  async #waited(): Promise<boolean> {
    const { delayMs } = this.#options.faults
    if (delayMs > 0) await pause(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    return !this.#closing.signal.aborted
  }

  #signed({ packet, kind }: Heard, { ack, attributes }: Answer, secret: string): Buffer {
    const [, ackCode, nakCode] = kind
    const proxied = packet.attributes.filter(({ type }) => type === PROXY_STATE)
    const proof = packet.attributes.some(({ type }) => type === MESSAGE_AUTHENTICATOR) ? [unsigned()] : []
    const answer = {
      code: ack ? ackCode : nakCode,
      id: packet.id,
      attributes: [...proof, ...attributes, ...proxied],
    }
    return signAnswer(answer, packet.authenticator, secret)
  }

  #send(bytes: Buffer, to: RemoteInfo): void {
    this.#socket.send(bytes, to.port, to.address)
  }
}
