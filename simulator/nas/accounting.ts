import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { type Attribute, CODES, HEADER, parsed } from './packet.ts'
import { flawOfAnswer, signRequest } from './signing.ts'

/** A server that accounting is sent to. */
export interface AccountingServer {
  /** an address, not a name */
  readonly host: string
  readonly port: number
  readonly secret: string
}

const AGAIN_MS = 1_000
const TRIES = 5

interface Outstanding {
  readonly bytes: Buffer
  tries: number
  readonly timer: NodeJS.Timeout
}

/** Tells one server what happens (RFC 2866), and again until it is answered or has been told five times. */
export class AccountingClient {
  readonly #server: AccountingServer
  readonly #socket: Socket
  readonly #outstanding = new Map<number, Outstanding>()
  #last = -1
  #answered = 0
  #lost = 0

  private constructor(server: AccountingServer, socket: Socket) {
    this.#server = server
    this.#socket = socket
    socket.on('message', (datagram, from) => this.#hear(datagram, from))
  }

  /** @param address of the NAS, which it speaks from where the server's is of the same family */
  static async open(server: AccountingServer, address: string): Promise<AccountingClient> {
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4')
    const isSame = isIPv6(server.host) === isIPv6(address)
    socket.bind(isSame ? { address, port: 0 } : { port: 0 })
    await once(socket, 'listening')
    return new AccountingClient(server, socket)
  }

  /** How many records the server has answered, and how many it never did. */
  get told(): { readonly answered: number; readonly lost: number; readonly outstanding: number } {
    return { answered: this.#answered, lost: this.#lost, outstanding: this.#outstanding.size }
  }

  /** @throws RangeError while 256 records wait for an answer: there is no identifier for another */
  tell(attributes: readonly Attribute[]): void {
    const id = this.#freeId()
    const bytes = signRequest({ code: CODES.accountingRequest, id, attributes }, this.#server.secret)
    const timer = setInterval(() => this.#again(id), AGAIN_MS)
    this.#outstanding.set(id, { bytes, tries: 1, timer })
    this.#send(bytes)
  }

  close(): void {
    for (const { timer } of this.#outstanding.values()) clearInterval(timer)
    this.#outstanding.clear()
    this.#socket.close()
  }

  #freeId(): number {
    for (let step = 1; step <= 256; step += 1) {
      const id = (this.#last + step) % 256
      if (this.#outstanding.has(id)) continue
      this.#last = id
      return id
    }
    throw new RangeError(`256 records wait for an answer of ${this.#server.host}:${this.#server.port}`)
  }

  #again(id: number): void {
    const record = this.#outstanding.get(id)
    if (record === undefined) return
    if (record.tries === TRIES) {
      this.#lost += 1
      this.#settle(id)
      return
    }
    record.tries += 1
    this.#send(record.bytes)
  }

  #hear(datagram: Buffer, from: RemoteInfo): void {
    if (from.port !== this.#server.port || from.address !== this.#server.host) return
    const whole = parsed(datagram)
    if (whole?.packet.code !== CODES.accountingResponse) return
    const { packet, bytes } = whole
    const asked = this.#outstanding.get(packet.id)?.bytes.subarray(4, HEADER)
    if (asked === undefined || flawOfAnswer(bytes, asked, this.#server.secret) !== undefined) return
    this.#answered += 1
    this.#settle(packet.id)
  }

  #settle(id: number): void {
    clearInterval(this.#outstanding.get(id)?.timer)
    this.#outstanding.delete(id)
  }

  #send(bytes: Buffer): void {
    this.#socket.send(bytes, this.#server.port, this.#server.host)
  }
}
