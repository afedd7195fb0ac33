import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Clock } from '../../src/domain/clock.ts'
import { type Prefix, parsePrefix, prefixContains, prefixLength } from '../../src/domain/prefix.ts'
import { AdapterError } from '../adapter.ts'
import { CODE, MalformedPacket, type Packet } from './codec/packet.ts'
import { openRequest, signAnswer } from './codec/signing.ts'
import { readRecord, type Told } from './record.ts'

export interface ListenerOptions {
  readonly address: string
  readonly port: number
  readonly clients: readonly { readonly address: string; readonly secret: Buffer }[]
  readonly clock: Clock
  /** @param source the address that it came from */
  readonly hear: (told: Told, source: string) => void
  /** What came was not taken, and why; each reason is told once in a while. */
  readonly refused: (words: string) => void
}

/** Takes in accounting, answers it, and passes nothing on (RFC 2866 §2). */
export class AccountingListener {
  readonly #options: ListenerOptions
  /** The narrowest first. */
  readonly #clients: readonly { readonly prefix: Prefix; readonly secret: Buffer }[]
  readonly #socket: Socket

  private constructor(options: ListenerOptions, socket: Socket) {
    this.#options = options
    this.#socket = socket
    this.#clients = options.clients
      .map(({ address, secret }) => ({ prefix: parsePrefix(address), secret }))
      .sort((a, b) => prefixLength(b.prefix) - prefixLength(a.prefix))
    socket.on('message', (octets, from) => this.#take(octets, from))
    // What an answer could not be sent to is asked again by whoever wants it.
    socket.on('error', () => {})
  }

  /** @throws AdapterError `unreachable`: the address or port is not to be had */
  static open(options: ListenerOptions): Promise<AccountingListener> {
    const { address, port } = options
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER })
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close()
        const place = `${isIPv6(address) ? `[${address}]` : address}:${port}`
        reject(
          new AdapterError(
            'unreachable',
            `accounting cannot be taken on ${place}: ${error.message}`,
            'no-port',
          ),
        )
      })
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error')
        resolve(new AccountingListener(options, socket))
      })
    })
  }

  close(): void {
    this.#socket.close()
  }

  #take(octets: Buffer, from: RemoteInfo): void {
    const { clock, hear, refused } = this.#options
    const secret = this.#secretOf(from.address)
    if (secret === undefined) return refused(`${from.address} is not among accounting.clients`)
    const packet = this.#read(octets, secret)
    if (packet === undefined) return refused(`${from.address} signs with another secret, or sends no RADIUS`)
    if (packet.code !== CODE.accountingRequest) return refused(`${from.address} sends what is no accounting`)
    const record = readRecord(packet, clock.now())
    if (typeof record === 'string') refused(`${from.address} sends accounting with ${record}`)
    else if (record !== undefined) hear(record, from.address)
    // A proxy finds the request by it, and wants it back as it was (RFC 2865 §5.33).
    const attributes = packet.attributes.filter(({ type }) => type === PROXY_STATE)
    const answer = { code: CODE.accountingResponse, identifier: packet.identifier, attributes }
    this.#socket.send(signAnswer(answer, packet.authenticator, secret), from.port, from.address)
  }

  #secretOf(source: string): Buffer | undefined {
    const address = parsePrefix(source.split('%')[0] ?? source)
    return this.#clients.find(({ prefix }) => prefixContains(prefix, address))?.secret
  }

  #read(octets: Buffer, secret: Buffer): Packet | undefined {
    try {
      return openRequest(octets, secret)
    } catch (error) {
      if (error instanceof MalformedPacket) return undefined
      throw error
    }
  }
}

const PROXY_STATE = 33
/** Octets: room for what comes while something else runs. */
const RECEIVE_BUFFER = 1 << 20
