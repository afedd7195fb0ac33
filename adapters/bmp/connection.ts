import type { Socket } from 'node:net'
import type { Clock } from '../../src/domain/clock.ts'
import { BmpError, Bytes } from './bytes.ts'
import { Framing } from './framing.ts'

/** What one router's connection is followed by. */
export interface Followed {
  /** It has introduced itself (RFC 7854 §4.3); `description` is its sysDescr. */
  begun(connection: Connection, description: string): void
  /** A message other than Initiation and Termination. @throws BmpError to end the connection with its words */
  message(type: number, body: Buffer): void
  /** Every message that has come so far was passed on. */
  pause(): void
  ended(connection: Connection, why: string): void
}

const INITIATION = 4
const TERMINATION = 5
const INTRODUCE_WITHIN_MS = 10_000
/** BMP has no keepalive: that a router has gone without a word is left to TCP. */
const KEEPALIVE_AFTER_MS = 10_000

/** One TCP connection of a router. */
export class Connection {
  readonly #socket: Socket
  readonly #followed: Followed
  readonly #framing = new Framing()
  readonly #cancel: () => void
  #begun = false
  #why = 'its BMP connection ended'

  constructor(socket: Socket, followed: Followed, clock: Clock) {
    this.#socket = socket
    this.#followed = followed
    this.#cancel = clock.after(INTRODUCE_WITHIN_MS, () =>
      this.end('it connected and did not introduce itself by BMP'),
    )
    socket.setKeepAlive(true, KEEPALIVE_AFTER_MS)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('end', () => socket.destroy())
    socket.on('error', (error) => {
      this.#why = `its BMP connection broke: ${error.message}`
    })
    socket.on('close', () => {
      this.#cancel()
      followed.ended(this, this.#why)
    })
  }

  end(why: string): void {
    this.#why = why
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    if (this.#socket.destroyed) return
    try {
      for (const { type, body } of this.#framing.push(chunk)) {
        this.#message(type, body)
        if (this.#socket.destroyed) return
      }
      if (this.#begun) this.#followed.pause()
    } catch (error) {
      if (!(error instanceof BmpError)) throw error
      this.end(`${error.message}: the connection was ended`)
    }
  }

  #message(type: number, body: Buffer): void {
    if (type === INITIATION) return this.#begin(body)
    if (!this.#begun) throw new BmpError(`its first BMP message is of type ${type} and no Initiation`)
    if (type === TERMINATION) return this.end(`it ended its BMP connection${reasonOf(body)}`)
    this.#followed.message(type, body)
  }

  /** It may come again, with more to say (RFC 7854 §4.3). */
  #begin(body: Buffer): void {
    const texts = readTexts(body)
    if (this.#begun) return
    this.#begun = true
    this.#cancel()
    this.#followed.begun(this, texts.get(SYS_DESCR)?.toString('utf8') ?? '')
  }
}

const SYS_DESCR = 1
const REASON_TEXT = 0
const REASON = 1
/** RFC 7854 §4.5. */
const REASONS = ['administratively closed', 'unspecified', 'out of resources', 'redundant', 'closed for good']

/** Information TLVs by their type (RFC 7854 §4.4). */
function readTexts(body: Buffer): Map<number, Buffer> {
  const bytes = new Bytes(body, 'a BMP message')
  const texts = new Map<number, Buffer>()
  while (bytes.left > 0) texts.set(bytes.u16(), bytes.take(bytes.u16()))
  return texts
}

function reasonOf(body: Buffer): string {
  const texts = readTexts(body)
  const text = texts
    .get(REASON_TEXT)
    ?.toString('utf8')
    .slice(0, 200)
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')
  const reason = texts.get(REASON)
  const code = reason?.length === 2 ? REASONS[reason.readUInt16BE()] : undefined
  return text === undefined && code === undefined ? '' : `: ${text ?? code}`
}
