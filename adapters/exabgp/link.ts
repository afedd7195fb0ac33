import { connect, type Socket } from 'node:net'
import { type Clock, sleep } from '../../src/domain/clock.ts'
import { type Held, type Hello, type Message, type PeerEvent, parseMessage, type Reply } from './parse.ts'

export interface LinkEvents {
  peer(event: PeerEvent): void
  /** The speaker answered what nobody asked: its replies can no longer be matched. */
  surplus(): void
  closed(): void
}

interface Request {
  readonly sent: number
  readonly allowed: number
  readonly end: (reply: Reply | undefined) => void
  readonly held?: (held: Held) => void
  readonly line?: (line: string) => void
}

/** The connection to the bridge: requests by id, in the order in which they were made. */
export class Link {
  readonly hello: Hello
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #requests = new Map<string, Request>()
  #events: LinkEvents | undefined
  #early: Message[] = []
  #next = 1
  #open = true
  #progress = 0

  constructor(socket: Socket, hello: Hello, clock: Clock) {
    this.#socket = socket
    this.hello = hello
    this.#clock = clock
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#closed())
  }

  get isOpen(): boolean {
    return this.#open
  }

  get outstanding(): number {
    return this.#requests.size
  }

  listen(events: LinkEvents): void {
    this.#events = events
    for (const message of this.#early.splice(0)) this.take(message)
    if (!this.#open) events.closed()
  }

  /** The reply, or undefined when the link ended before it came. `allowed`: milliseconds, for {@link overdue}. */
  request(
    kind: string,
    rest: string,
    allowed: number,
    more: Pick<Request, 'held' | 'line'> = {},
  ): Promise<Reply | undefined> {
    if (!this.#open) return Promise.resolve(undefined)
    const id = String(this.#next++)
    return new Promise((resolve) => {
      this.#requests.set(id, { sent: this.#clock.monotonic(), allowed, end: resolve, ...more })
      this.#socket.write(rest === '' ? `${kind} ${id}\n` : `${kind} ${id} ${rest}\n`, 'latin1')
    })
  }

  /**
   * Milliseconds by which the oldest request is late; negative when it still has time, undefined without any. As
   * they are answered in order, its time starts with the last answer to another one.
   */
  overdue(): number | undefined {
    const [oldest] = this.#requests.values()
    if (oldest === undefined) return undefined
    return this.#clock.monotonic() - Math.max(oldest.sent, this.#progress) - oldest.allowed
  }

  /** Milliseconds since anything was answered. */
  quietFor(): number {
    return this.#clock.monotonic() - this.#progress
  }

  close(): void {
    this.#socket.destroy()
    this.#closed()
  }

  take(message: Message): void {
    if ('id' in message) this.#progress = this.#clock.monotonic()
    if (message.kind === 'reply') this.#reply(message.id, message.reply)
    else if (message.kind === 'held') this.#requests.get(message.id)?.held?.(message.held)
    else if (message.kind === 'line') this.#requests.get(message.id)?.line?.(message.line)
    else if (this.#events === undefined) this.#early.push(message)
    else if (message.kind === 'peer') this.#events.peer(message.event)
    else if (message.kind === 'surplus') this.#events.surplus()
  }

  #reply(id: string, reply: Reply): void {
    const request = this.#requests.get(id)
    this.#requests.delete(id)
    request?.end(reply)
  }

  #closed(): void {
    if (!this.#open) return
    this.#open = false
    for (const request of this.#requests.values()) request.end(undefined)
    this.#requests.clear()
    this.#events?.closed()
  }
}

/**
 * Tries until the bridge of ExaBGP process `pid` answers with its hello, or `ms` are over, or `hopeless` says that
 * waiting is in vain. One of a former ExaBGP may answer for a moment more.
 */
export async function connectBridge(
  path: string,
  pid: number,
  ms: number,
  clock: Clock,
  hopeless: () => boolean = () => false,
): Promise<Link | undefined> {
  const end = clock.monotonic() + ms
  for (;;) {
    const left = end - clock.monotonic()
    if (left <= 0 || hopeless()) return undefined
    const link = await greet(path, Math.min(left, 2_000), clock)
    if (link?.hello.pid === pid) return link
    link?.close()
    await sleep(clock, 5)
  }
}

function greet(path: string, ms: number, clock: Clock): Promise<Link | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    let link: Link | undefined
    const giveUp = (): void => {
      socket.destroy()
      resolve(undefined)
    }
    const cancel = clock.after(ms, giveUp)
    socket.once('error', giveUp)
    socket.once('close', () => {
      cancel()
      resolve(undefined)
    })
    readLines(socket, (line) => {
      const message = parseMessage(line)
      if (message === undefined) return
      if (link !== undefined) return link.take(message)
      if (message.kind !== 'hello') return
      cancel()
      socket.off('error', giveUp)
      link = new Link(socket, message.hello, clock)
      resolve(link)
    })
  })
}

function readLines(socket: Socket, use: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) use(line)
  })
}
