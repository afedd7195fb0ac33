import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Block, Plan } from '../../src/cli/http/wire.ts'

/** One request as it arrived. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Of JSON; of anything else there is only the text. */
  readonly body: Record<string, unknown>
  readonly text: string
}

/** What to answer; `drop` cuts the connection instead. */
export type Answer =
  | { readonly status?: number; readonly json?: unknown; readonly lines?: readonly string[] }
  | 'drop'
export type Routes = Readonly<Record<string, (seen: Seen, times: number) => Answer>>

/** A server that speaks the shapes of docs/api.md, as far as its routes say; anything else is its 404. */
export class FakeApi {
  readonly seen: Seen[] = []
  readonly #server: Server
  readonly #times = new Map<string, number>()

  constructor(routes: Routes) {
    this.#server = createServer((request, response) => void this.#answer(routes, request, response))
  }

  async listen(socket?: string): Promise<this> {
    await new Promise<void>((resolve) => {
      if (socket === undefined) this.#server.listen(0, '127.0.0.1', resolve)
      else this.#server.listen(socket, resolve)
    })
    return this
  }

  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo
    return { CORDON_URL: `http://127.0.0.1:${port}`, CORDON_TOKEN: 'cordon_t1_secret' }
  }

  /** Requests of one route, in order. */
  of(route: string): Seen[] {
    return this.seen.filter(({ method, path }) => `${method} ${path}` === route)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    let text = ''
    for await (const part of request) text += String(part)
    const seen: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: isJson(request) && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {},
      text,
    }
    this.seen.push(seen)
    const route = `${seen.method} ${seen.path}`
    const times = (this.#times.get(route) ?? 0) + 1
    this.#times.set(route, times)
    const answer = routes[route]?.(seen, times) ?? problem(404, 'not-found', `there is no ${seen.path}`)
    if (answer === 'drop') {
      request.socket.destroy()
      return
    }
    const { status = 200, json, lines } = answer
    if (lines !== undefined) {
      response.writeHead(status, { 'content-type': 'application/x-ndjson; charset=utf-8' })
      response.end(lines.map((line) => `${line}\n`).join(''))
      return
    }
    const type = status >= 400 ? 'application/problem+json' : 'application/json'
    response.writeHead(status, { 'content-type': type }).end(json === undefined ? '' : JSON.stringify(json))
  }
}

function isJson({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/json') === true
}

export function problem(status: number, code: string, detail: string, more: object = {}): Answer {
  return {
    status,
    json: { type: `urn:cordon:problem:${code}`, title: code, status, detail, code, ...more },
  }
}

export const NOW = Date.UTC(2026, 10, 20, 12)

export function aBlock(more: Partial<Block> = {}): Block {
  const id = more.id ?? 12
  return {
    id,
    name: `Cordon#${id}`,
    target: '192.0.2.7/32',
    direction: 'both',
    action: 'drop',
    collateral: [],
    scope: 'local',
    origin: { kind: 'person', token: 't1', name: 'anna' },
    reason: 'scans the campus',
    createdAt: new Date(NOW - 60_000).toISOString(),
    until: new Date(NOW + 3_600_000).toISOString(),
    version: 1,
    standing: 'in-force',
    holdings: [aHolding('edge-1'), aHolding('edge-2')],
    gaps: [],
    ...more,
  }
}

export function aHolding(device: string, more: Partial<Block['holdings'][number]> = {}) {
  return {
    device,
    rule: 'acl4 source=192.0.2.7/32',
    state: 'yes',
    evidence: 'read-back',
    best: 'read-back',
    inForce: true,
    enforcers: [],
    ...more,
  }
}

export function aPlan(more: Partial<Plan> = {}): Plan {
  return {
    taken: true,
    target: '192.0.2.7/32',
    direction: 'both',
    action: 'drop',
    scope: 'local',
    until: new Date(NOW + 3_600_000).toISOString(),
    radius: {
      ipv4Addresses: 1,
      ipv6Hosts: 0,
      ownHosts: 1,
      sharedUsers: 0,
      departments: ['physics'],
      connections: [],
      accounts: [],
      outside: false,
      widened: [],
    },
    digest: 'digest-of-the-plan',
    refusals: [],
    asks: [],
    rules: [
      { device: 'edge-1', rule: 'acl4 source=192.0.2.7/32', change: 'add', entries: 3, maxEntries: 100 },
      { device: 'edge-2', rule: 'acl4 source=192.0.2.7/32', change: 'none', entries: 3, maxEntries: 100 },
    ],
    gaps: [{ ingress: 'uplink-2', direction: 'from', code: 'uncovered-ingress', why: 'no device there' }],
    ...more,
  }
}

export const PENDING = { inForce: false, state: 'no', evidence: 'none' } as const
