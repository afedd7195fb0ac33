import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { CliError, EXIT, type ExitCode, interrupted } from '../exit.ts'
import { type Access, placeOf } from './access.ts'

export interface Send {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly header: (name: string) => string | undefined
  /** The parsed JSON, or the text of what is CSV; `undefined` for an empty answer. */
  readonly body: unknown
}

/** The connection broke off or fell silent: whether the request was carried out is not known. */
export class Dropped extends CliError {
  constructor(message: string) {
    super(EXIT.failure, message)
    this.name = 'Dropped'
  }
}

/** The request did not leave this machine: it was not carried out. */
export class NotSent extends CliError {
  constructor(exit: ExitCode, message: string) {
    super(exit, message)
    this.name = 'NotSent'
  }
}

/** Nobody listens there: the request was not carried out. */
export class NotAnswering extends NotSent {
  constructor(place: string) {
    super(EXIT.failure, `no controller answers at ${place}; start one with npm start`)
    this.name = 'NotAnswering'
  }
}

/** More than any answer of the API; what sends more is something else. */
const LONGEST_ANSWER = 256 << 20

/** HTTP to one controller over one connection that stays open, on the network or on a Unix socket. */
export class Connection {
  readonly #access: Access
  readonly #agent: HttpAgent | HttpsAgent

  constructor(access: Access) {
    this.#access = access
    const options = { keepAlive: true, maxSockets: 4 }
    this.#agent = access.url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options)
  }

  /** @throws CliError, {@link Dropped} */
  async send(send: Send): Promise<Reply> {
    const stop = AbortSignal.any([send.signal, AbortSignal.timeout(send.deadlineMs)])
    try {
      const message = await this.#open(send, stop)
      return await readReply(message, this.#access)
    } catch (error) {
      throw explain(error, send, stop, this.#access)
    }
  }

  /**
   * The lines of an answer that goes on, each as it comes; `deadlineMs` is how long it may be silent.
   * @throws what `refused` makes of any other answer, CliError, {@link Dropped}
   */
  async *lines(send: Send, refused: (reply: Reply) => Error): AsyncGenerator<string> {
    const silent = new AbortController()
    const stop = AbortSignal.any([send.signal, silent.signal])
    const timer = setTimeout(() => silent.abort(), send.deadlineMs)
    try {
      const message = await this.#open(send, stop)
      if (message.statusCode !== 200) throw refused(await readReply(message, this.#access))
      if (!/\btext\/event-stream\b/.test(message.headers['content-type'] ?? ''))
        throw new CliError(EXIT.failure, `${placeOf(this.#access)} does not tell events; check the URL`)
      let rest = ''
      for await (const part of message.setEncoding('utf8')) {
        timer.refresh()
        const lines = (rest + String(part)).split('\n')
        rest = lines.pop() ?? ''
        yield* lines
      }
    } catch (error) {
      throw explain(error, send, stop, this.#access)
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #open(send: Send, signal: AbortSignal): Promise<IncomingMessage> {
    const { url, socket, token } = this.#access
    const { body, type } = bodyOf(send)
    const base = url.pathname.replace(/\/$/, '')
    const options = {
      method: send.method,
      agent: this.#agent,
      signal,
      ...(socket === undefined
        ? { hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port }
        : { socketPath: socket }),
      path: `${base}${send.path}`,
      headers: {
        accept: 'application/json, application/problem+json',
        ...send.headers,
        host: url.host,
        authorization: `Bearer ${token}`,
        'user-agent': 'cordon-cli',
        ...(body === undefined
          ? {}
          : { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) }),
      },
    }
    return new Promise((resolve, reject) => {
      const request = url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options)
      request.once('response', resolve).once('error', reject)
      request.end(body)
    })
  }
}

/** Bytes and text go as they are, everything else as JSON. Of bytes the headers say what they are. */
function bodyOf({ body, headers = {} }: Send): {
  readonly body: string | Uint8Array | undefined
  readonly type: string
} {
  if (body instanceof Uint8Array) return { body, type: headers['content-type'] ?? 'application/octet-stream' }
  if (typeof body === 'string') return { body, type: 'text/plain; charset=utf-8' }
  return { body: body === undefined ? undefined : JSON.stringify(body), type: 'application/json' }
}

async function readReply(message: IncomingMessage, access: Access): Promise<Reply> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of message) {
    const bytes = part as Buffer
    length += bytes.length
    if (length > LONGEST_ANSWER)
      throw new CliError(EXIT.failure, `the answer of ${placeOf(access)} has no end`)
    parts.push(bytes)
  }
  const status = message.statusCode ?? 0
  const header = (name: string): string | undefined => {
    const value = message.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  return { status, header, body: parseBody(Buffer.concat(parts).toString('utf8'), status, header, access) }
}

function parseBody(text: string, status: number, header: Reply['header'], access: Access): unknown {
  if (text === '') return undefined
  if (/^(text\/csv|application\/x-ndjson)\b/.test(header('content-type') ?? '')) return text
  try {
    if (/\bjson\b/.test(header('content-type') ?? '')) return JSON.parse(text)
  } catch {
    // Said below, in the same words as for any other answer that is not JSON.
  }
  throw new CliError(
    EXIT.failure,
    `what answers at ${placeOf(access)} does not speak Cordon's API (status ${status}, not JSON); check the URL`,
  )
}

function explain(error: unknown, { signal }: Send, stop: AbortSignal, access: Access): unknown {
  if (error instanceof CliError) return error
  if (signal.aborted) return interrupted()
  const place = placeOf(access)
  if (stop.aborted) return new Dropped(`${place} did not answer in time`)
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const words = error instanceof Error ? error.message : String(error)
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return new NotAnswering(place)
    case 'EACCES':
      return new NotSent(EXIT.auth, `you may not use the socket ${place}`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new NotSent(EXIT.failure, `the name ${access.url.hostname} is not known here; check the URL`)
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
    case 'EPIPE':
    case 'ETIMEDOUT':
      return new Dropped(`the connection to ${place} broke off`)
    default:
      return new CliError(EXIT.failure, `cannot reach ${place}: ${words}`)
  }
}
