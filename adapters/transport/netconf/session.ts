import type { Clock } from '../../../src/domain/clock.ts'
import { AdapterError } from '../../adapter.ts'
import type { SshChannel, SshConnection } from '../ssh.ts'
import { Unanswered } from '../unanswered.ts'
import { ChunkDeframer, EndDeframer, type FrameEvents, frameInChunks, frameWithEnd } from './framing.ts'
import { greet } from './greet.ts'
import { BASE, type Hello } from './hello.ts'
import { type RpcError, rpcErrors } from './rpc-error.ts'
import { element, type Xml, type XmlElement, XmlReader } from './xml.ts'

/** What a server answered: neither errors nor, beside `warnings`, anything left out of `root`. */
export interface Reply {
  readonly root: XmlElement
  readonly warnings: readonly RpcError[]
}

/** The server has refused an operation, in these words. */
export class RpcRefusal extends Error {
  readonly errors: readonly RpcError[]

  constructor(errors: readonly RpcError[]) {
    super(errors.map(({ tag, message }) => message ?? tag).join('; '))
    this.name = 'RpcRefusal'
    this.errors = errors
  }
}

export interface RpcLimits {
  /** Until the whole reply is here, counted from when it was sent. */
  readonly withinMs: number
  readonly signal: AbortSignal
}

/** How long the first operation may be unanswered before the server is sent another one. */
const NUDGE_AFTER_MS = 2_000
/** Selects nothing of any configuration (RFC 6241 §6.2.1). */
const NOTHING = element(
  'get-config',
  {},
  element('source', {}, element('running')),
  element('filter', { type: 'subtree' }, element('nothing', { xmlns: 'urn:nothing' })),
)

interface Pending {
  readonly id: string
  readonly take: (reply: XmlElement) => void
  readonly fail: (error: AdapterError) => void
  /** Nobody waits for it any more; it is kept, as replies come in the order of requests. */
  given: boolean
}

/**
 * A NETCONF session (RFC 6241) in a channel of SSH (RFC 6242). Several operations may be under way; servers answer in
 * the order of requests. One that is late ends the session: what comes after it could not be trusted.
 */
export class NetconfSession {
  readonly hello: Hello
  readonly #connection: SshConnection
  readonly #channel: SshChannel
  readonly #clock: Clock
  readonly #pending: Pending[] = []
  readonly #listeners = new Set<(error: AdapterError) => void>()
  #next = 1
  #over: AdapterError | undefined

  private constructor(connection: SshConnection, channel: SshChannel, clock: Clock, hello: Hello) {
    this.hello = hello
    this.#connection = connection
    this.#channel = channel
    this.#clock = clock
    connection.onOver((error) => this.finish(error))
    channel.onEnd(() => this.finish(new AdapterError('unreachable', 'the NETCONF session has ended')))
  }

  /**
   * Opens the subsystem and exchanges hellos. The connection belongs to the session from then on, also when this fails.
   * @throws AdapterError
   */
  static async open(connection: SshConnection, clock: Clock, signal: AbortSignal): Promise<NetconfSession> {
    try {
      const channel = await connection.subsystem('netconf')
      const { hello, behind } = await greet(connection, channel, clock, signal)
      const session = new NetconfSession(connection, channel, clock, hello)
      const take = session.#reader()
      channel.onData(take)
      for (const bytes of behind) take(bytes)
      return session
    } catch (error) {
      connection.close()
      throw error
    }
  }

  get over(): AdapterError | undefined {
    return this.#over
  }

  /** Called once, when the session is over; the returned function takes it back. */
  onOver(listener: (error: AdapterError) => void): () => void {
    if (this.#over === undefined) this.#listeners.add(listener)
    else listener(this.#over)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Sends an operation, such as `<get-config>`, and waits for its reply.
   * @throws RpcRefusal with the server's errors; Unanswered when it was sent and no reply will come; AdapterError when
   *   it was not sent
   */
  async rpc(operation: Xml, { withinMs, signal }: RpcLimits): Promise<Reply> {
    if (this.#over !== undefined) throw this.#over
    if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
    const first = this.#next === 1
    const reply = this.#send(operation, withinMs, signal)
    const cancel = first ? this.#clock.after(NUDGE_AFTER_MS, () => this.#nudge()) : undefined
    const root = await reply.finally(cancel)
    const errors = rpcErrors(root)
    const refusals = errors.filter(({ severity }) => severity === 'error')
    if (refusals.length > 0) throw new RpcRefusal(refusals)
    return { root, warnings: errors.filter(({ severity }) => severity === 'warning') }
  }

  /** Says goodbye where that is possible, and ends the connection. */
  async close(): Promise<void> {
    if (this.#over !== undefined) return
    const goodbye = this.rpc(element('close-session'), {
      withinMs: 1_000,
      signal: new AbortController().signal,
    })
    await goodbye.catch(() => undefined)
    this.finish(new AdapterError('unreachable', 'the session was closed'))
  }

  /** Ends it at once: the server discards what was not committed, and unlocks. */
  finish(error: AdapterError): void {
    if (this.#over !== undefined) return
    this.#over = error
    for (const pending of this.#pending.splice(0))
      pending.fail(new Unanswered(error.class, error.message, error.code))
    this.#connection.close()
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener(error)
  }

  /** Takes everything behind the hello. */
  #reader(): (bytes: Buffer) => void {
    let reader: XmlReader | undefined
    const events: FrameEvents = {
      piece: (bytes) => {
        reader ??= new XmlReader()
        reader.take(bytes)
      },
      end: () => {
        const message = reader?.end()
        reader = undefined
        if (message !== undefined) this.#take(message)
      },
    }
    const deframer =
      this.hello.base === '1.1' ? new ChunkDeframer(events) : new EndDeframer(withoutSpace(events))
    return (bytes) => {
      if (this.#over !== undefined) return
      try {
        deframer.take(bytes)
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error)
        this.finish(new AdapterError('rejected', `it does not keep to NETCONF: ${words}`, 'bad-netconf'))
      }
    }
  }

  /** netconfd sleeps over an operation that it read at once with our hello, until it has something more to read. */
  #nudge(): void {
    if (this.#over !== undefined) return
    const id = this.#write(NOTHING)
    this.#pending.push({ id, given: true, take: () => undefined, fail: () => undefined })
  }

  /** @returns its message-id */
  #write(operation: Xml): string {
    const id = String(this.#next++)
    const { xml } = element('rpc', { 'message-id': id, xmlns: BASE }, operation)
    this.#channel.write(this.hello.base === '1.1' ? frameInChunks(xml) : frameWithEnd(xml))
    return id
  }

  #send(operation: Xml, withinMs: number, signal: AbortSignal): Promise<XmlElement> {
    return new Promise((resolve, reject) => {
      const settled = (): void => {
        cancel()
        signal.removeEventListener('abort', abort)
      }
      const pending: Pending = {
        id: this.#write(operation),
        given: false,
        take: (reply) => {
          settled()
          resolve(reply)
        },
        fail: (error) => {
          settled()
          reject(error)
        },
      }
      const abort = (): void => {
        pending.given = true
        pending.fail(new Unanswered('timeout', 'the call was given up before it was answered'))
      }
      const cancel = this.#clock.after(withinMs, () =>
        this.finish(new AdapterError('timeout', `no answer within ${Math.round(withinMs / 1000)} s`)),
      )
      this.#pending.push(pending)
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  #take(reply: XmlElement): void {
    if (reply.name === 'notification') return
    if (reply.name !== 'rpc-reply') throw new Error(`a ${reply.name} came where a reply was due`)
    // A server that could not read the request does not know its message-id (RFC 6241 §4.3).
    const id = reply.attributes.get('message-id')
    const place = id === undefined ? 0 : this.#pending.findIndex((pending) => pending.id === id)
    const [pending] = place < 0 ? [] : this.#pending.splice(place, 1)
    if (pending === undefined) throw new Error('a reply came to what was never asked')
    if (!pending.given) pending.take(reply)
  }
}

/** Between two messages of base:1.0 stands white space, which no XML declaration may follow. */
function withoutSpace(events: FrameEvents): FrameEvents {
  let begun = false
  return {
    piece: (bytes) => {
      const rest = begun ? bytes : bytes.subarray(leadingSpace(bytes))
      begun ||= rest.length > 0
      if (rest.length > 0) events.piece(rest)
    },
    end: () => {
      begun = false
      events.end()
    },
  }
}

function leadingSpace(bytes: Buffer): number {
  let count = 0
  while (count < bytes.length && [0x20, 0x09, 0x0a, 0x0d].includes(bytes[count] ?? 0)) count += 1
  return count
}
