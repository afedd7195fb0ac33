import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A decision of CrowdSec's, as it is in the database. */
export interface FakeDecision {
  readonly id: number
  readonly value: string
  readonly scenario: string
  readonly origin: string
  readonly scope: string
  readonly type: string
  /** When it was made, and when it ends; milliseconds. */
  readonly at: number
  ends: number
}

/** What is wrong with answers: nothing, a status, the second half of it, its form, all of it. */
export type Fault = 'none' | 401 | 500 | 'truncated' | 'no-json' | 'no-lists' | 'silent'

export const FAKE_KEY = 'the-key-of-the-fake'

/** CrowdSec's local API as far as bouncers ask it, with faults. It was written by what version 1.4.6 answers. */
export class FakeLapi {
  readonly decisions: FakeDecision[] = []
  /** Of each question: whether it was for everything. */
  readonly asked: boolean[] = []
  fault: Fault = 'none'
  onAsked: (url: string) => void = () => {}
  readonly #server: Server
  #next = 1
  #lastPull = 0

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  static async start(): Promise<FakeLapi> {
    const lapi = new FakeLapi()
    lapi.#server.listen(0, '127.0.0.1')
    await once(lapi.#server, 'listening')
    return lapi
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  add(value: string, seconds: number, more: Partial<FakeDecision> = {}): FakeDecision {
    const at = Date.now()
    const scope = value.includes('/') ? 'Range' : 'Ip'
    const of = { scenario: "manual 'ban' from 'agent'", origin: 'cscli', scope, type: 'ban' }
    const decision = { id: this.#next, value, ...of, at, ends: at + seconds * 1_000, ...more }
    this.#next += 1
    this.decisions.push(decision)
    return decision
  }

  remove(value: string): void {
    for (const decision of this.decisions)
      if (decision.value === value && decision.ends > Date.now()) decision.ends = Date.now()
  }

  /** Nothing is known any more, not even of what was deleted. */
  loseDatabase(): void {
    this.decisions.length = 0
    this.#next = 1
    this.#lastPull = 0
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://fake')
    const whole = url.searchParams.get('startup') === 'true'
    this.asked.push(whole)
    this.onAsked(request.url ?? '')
    const isRight =
      request.headers['x-api-key'] === FAKE_KEY && /^\S+\/\S+$/.test(request.headers['user-agent'] ?? '')
    if (!isRight || typeof this.fault === 'number') {
      response.writeHead(isRight ? Number(this.fault) : 403, { 'content-type': 'application/json' })
      response.end('{"message":"no"}')
      return
    }
    if (this.fault === 'silent') return
    this.#send(response, JSON.stringify(this.#stream(whole)))
  }

  /** What a bouncer was told counts as told, whether it has arrived or not. */
  #stream(whole: boolean): object {
    const now = Date.now()
    const since = this.#lastPull - 2_000
    this.#lastPull = now
    const fresh = this.decisions.filter(({ at, ends }) => ends > now && (whole || at > since))
    const gone = this.decisions.filter(({ ends }) => ends <= now && (whole || ends > since))
    const told = (all: readonly FakeDecision[]) =>
      all.length === 0 ? null : all.map((one) => toldOf(one, now))
    return { deleted: told(gone), new: told(fresh) }
  }

  #send(response: ServerResponse, body: string): void {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    response.writeHead(200, headers)
    if (this.fault === 'truncated') response.write(body.slice(0, body.length / 2), () => response.destroy())
    else if (this.fault === 'no-json') response.end(body.replace('{', '['))
    else if (this.fault === 'no-lists') response.end('{}'.padEnd(Buffer.byteLength(body)))
    else response.end(body)
  }
}

function toldOf({ at: _, ends, ...decision }: FakeDecision, now: number): object {
  return { ...decision, duration: `${(ends - now) / 1_000}s` }
}
