import type { TestContext } from 'node:test'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { buildServer } from '../../src/http/server.ts'
import { type AppOptions, makeApp, type TestApp } from '../helpers/app.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly json: Json
}

/** JSON as tests walk through it: any name leads to more of it, and what is there is compared or made a list. */
export interface Json {
  readonly [name: string]: Json
}

/** The members of what must be a list. */
export function list(json: Json | undefined): readonly Json[] {
  if (!Array.isArray(json)) throw new Error(`not a list: ${JSON.stringify(json)}`)
  return json as readonly Json[]
}

export interface Client {
  readonly app: TestApp
  readonly server: FastifyInstance
  /** Sends as the root token unless `headers` or `as` say otherwise. */
  send(method: string, url: string, options?: SendOptions): Promise<Reply>
  /** Makes a block with a key of its own. */
  block(body: object, options?: SendOptions): Promise<Reply>
}

export interface SendOptions {
  readonly body?: unknown
  /** Another token; `null` for none. */
  readonly as?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** A client of an API in this process, closed when the test ends. */
export async function startFace(t: TestContext, options: AppOptions = {}): Promise<Client> {
  const app = await makeApp(options)
  const server = buildServer(app, { version: '0.0.0-test' })
  t.after(async () => {
    await server.close()
    await app.close()
  })
  return clientOf(app, server)
}

export async function clientOf(app: TestApp, server: FastifyInstance, secret?: string): Promise<Client> {
  const root = secret ?? (await app.root())
  let keys = 0
  const send: Client['send'] = async (method, url, { body, as = root, headers = {} } = {}) => {
    const request: InjectOptions = {
      method: method as 'GET',
      url,
      headers: { ...(as === null ? {} : { authorization: `Bearer ${as}` }), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    }
    const answer = await server.inject(request)
    const json = answer.body !== '' && /[/+]json\b/.test(String(answer.headers['content-type']))
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: (json ? JSON.parse(answer.body) : {}) as Json,
    }
  }
  return {
    app,
    server,
    send,
    block: (body, options = {}) =>
      send('POST', '/v1/blocks', {
        ...options,
        body,
        headers: { 'idempotency-key': `test-${keys++}`, ...options.headers },
      }),
  }
}

/** A block that every guard takes. */
export const SCANNER = { target: '203.0.113.9', reason: 'scans for ssh', duration: '1h' }
