import { get, type IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import type { SCOPES } from '../../src/app/rights.ts'
import { authenticate, createToken } from '../../src/app/tokens.ts'
import { buildServer, type ServerOptions } from '../../src/http/server.ts'
import { type AppOptions, makeApp, type TestApp } from '../helpers/app.ts'
import { type Client, clientOf, type Json } from './face.ts'

export interface Frame {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: Json
}

/** One stream of events as a client has it. */
export class Following {
  readonly frames: Frame[] = []
  /** The id told last, also without an event. */
  lastId: string | undefined
  comments = 0
  ended = false
  readonly message: IncomingMessage
  #text = ''
  #wake: () => void = () => {}

  constructor(message: IncomingMessage) {
    this.message = message
    message.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    message.once('close', () => {
      this.ended = true
      this.#wake()
    })
    message.on('error', () => {})
  }

  #take(text: string): void {
    this.#text += text
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      this.#frame(this.#text.slice(0, end).split('\n'))
      this.#text = this.#text.slice(end + 2)
    }
    this.#wake()
  }

  #frame(lines: readonly string[]): void {
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    this.lastId = field('id') ?? this.lastId
    if (lines.some((line) => line.startsWith(':'))) this.comments += 1
    const data = field('data')
    if (data !== undefined)
      this.frames.push({ id: field('id'), event: field('event'), data: JSON.parse(data) as Json })
  }

  /** Waits until `done` holds. @throws Error when it never comes to that */
  async until(done: () => boolean): Promise<this> {
    const late = setTimeout(() => this.#wake(), 10_000)
    const limit = Date.now() + 10_000
    try {
      while (!done()) {
        if (Date.now() >= limit) throw new Error(`it never came: ${JSON.stringify(this.frames.slice(-3))}`)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      return this
    } finally {
      clearTimeout(late)
    }
  }

  get types(): string[] {
    return this.frames.map(({ event }) => String(event))
  }

  get ids(): number[] {
    return this.frames.filter(({ id }) => id !== undefined).map(({ id }) => Number(id))
  }

  leave(): void {
    this.message.destroy()
  }
}

export interface Streaming extends Client {
  /** Secret of another token, by its rights; and its id. */
  tokenOf(scopes: readonly (typeof SCOPES)[number][], until?: number): Promise<{ id: string; secret: string }>
  /** Opens a stream; of one that is refused only the message is of use. */
  follow(query?: string, headers?: Readonly<Record<string, string>>, as?: string): Promise<Following>
}

/** An API that listens, since a stream needs a connection. */
export async function startStreaming(
  t: TestContext,
  streams: NonNullable<ServerOptions['streams']> = {},
  options: AppOptions = {},
): Promise<Streaming> {
  const app = await makeApp(options)
  const server = buildServer(app, { version: '0.0.0-test', streams })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const open: Following[] = []
  t.after(async () => {
    for (const one of open) one.leave()
    await server.close()
    await app.close()
  })
  const client = await clientOf(app, server)
  return {
    ...client,
    tokenOf: (scopes, until) => tokenOf(app, scopes, until ?? null),
    async follow(query = '', headers = {}, as) {
      const secret = as ?? (await app.root())
      const message = await new Promise<IncomingMessage>((resolve, reject) => {
        get(
          `${url}/v1/events${query}`,
          { agent: false, headers: { authorization: `Bearer ${secret}`, ...headers } },
          resolve,
        ).once('error', reject)
      })
      const one = new Following(message)
      open.push(one)
      return one
    },
  }
}

async function tokenOf(app: TestApp, scopes: readonly (typeof SCOPES)[number][], until: number | null) {
  const caller = authenticate(app, await app.root())
  const made = await createToken(app, caller, { name: 'follower', scopes, origin: 'person', until })
  return { id: made.token.id, secret: made.secret }
}
