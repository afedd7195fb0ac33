import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { eventually } from '../../simulator/eventually.ts'
import { named } from '../../simulator/nas/attributes.ts'
import { CODES, parsePacket } from '../../simulator/nas/packet.ts'
import { flawOfRequest, signAnswer } from '../../simulator/nas/signing.ts'

export type AccountingRecord = Readonly<Record<string, string | number>>

const SOON = 15_000
const PROXY_STATE = 33

/** An accounting server at 127.0.0.1 that keeps what it is told. */
export class AccountingSink {
  readonly secret: string
  /** Whether it answers what it takes in. */
  answers = true
  readonly #socket: Socket = createSocket('udp4')
  readonly #records: AccountingRecord[] = []

  private constructor(secret: string) {
    this.secret = secret
  }

  /** @param port any that is free when left out */
  static async open(secret: string, port = 0): Promise<AccountingSink> {
    const sink = new AccountingSink(secret)
    sink.#socket.bind(port, '127.0.0.1')
    await once(sink.#socket, 'listening')
    sink.#socket.on('message', (datagram, from) => sink.#take(datagram, from.port))
    return sink
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** The next so many records, once they are there. @throws at the deadline */
  async told(count: number, deadlineMs = SOON): Promise<AccountingRecord[]> {
    await eventually(`${count} records`, deadlineMs, () => this.#records.length >= count)
    return this.#records.splice(0, count)
  }

  close(): void {
    this.#socket.close()
  }

  #take(datagram: Buffer, port: number): void {
    const { packet, bytes } = parsePacket(datagram)
    assert.deepEqual([packet.code, flawOfRequest(bytes, this.secret)], [CODES.accountingRequest, undefined])
    const fields = packet.attributes.map(named).map(({ name, value }) => [name, value] as const)
    this.#records.push(Object.fromEntries(fields))
    // A proxy has its state back (RFC 2865 §5.33).
    const attributes = packet.attributes.filter(({ type }) => type === PROXY_STATE)
    const answer = { code: CODES.accountingResponse, id: packet.id, attributes }
    if (this.answers) this.#socket.send(signAnswer(answer, packet.authenticator, this.secret), port)
  }
}
