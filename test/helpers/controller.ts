import { type ChildProcess, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../simulator/eventually.ts'
import type { Answer, block, explanation, NewBlockJson } from '../../src/http/schemas.ts'
import type { device } from '../../src/http/schemas-more.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Longer than any test asks a controller to wait for its devices. */
const ANSWER_WITHIN = 30_000

export type BlockJson = Answer<typeof block>
export type DeviceJson = Answer<typeof device>
export type ExplanationJson = Answer<typeof explanation>
export type WantedBlock = Omit<NewBlockJson, 'reason'> & { readonly reason?: string }

/** The words before `serve --config …`. */
export type Program = readonly string[]

/** The controller as it stands in the checkout: no preparation, a slower start. */
export const FROM_SOURCE: Program = [process.execPath, join(ROOT, 'src/cli/cordon.mjs')]

/** Where `npm test` has transpiled once for all of its files; what is run alone starts from source. */
const BUILT = process.env['CORDON_BUILT']

/** What starts quickest without preparation. */
export const PROGRAM: Program = BUILT === undefined ? FROM_SOURCE : programIn(BUILT)

export interface Transpiled {
  /** With Cordon as tsc makes it in `build`. */
  readonly folder: string
  readonly program: Program
  remove(): void
}

/** A controller as tsc makes it, which starts in half the time, in a folder that goes with `remove`. */
export function transpile(): Transpiled {
  if (BUILT !== undefined) return { folder: BUILT, program: programIn(BUILT), remove: () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'cordon-built-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const script = join(import.meta.dirname, 'transpile.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
  if (status === 0) return { folder, program: programIn(folder), remove }
  remove()
  throw new Error(stderr)
}

function programIn(folder: string): Program {
  return [process.execPath, join(folder, 'build/src/cli/cordon.mjs')]
}

/** The API gave another answer than a good one. */
export class Refused extends Error {
  readonly status: number
  readonly body: unknown

  constructor(status: number, body: unknown) {
    super(`${status}: ${JSON.stringify(body)}`)
    this.status = status
    this.body = body
  }
}

interface Asking {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Speaks to a controller through its Unix socket, over a connection that stays open. */
export class Client {
  readonly #socket: string
  readonly #token: () => string
  /** A Unix socket keeps 511 waiting at the most, and refuses the next; the controller closes idle ones after 72 s. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 200, timeout: ANSWER_WITHIN })

  constructor(socket: string, token: () => string) {
    this.#socket = socket
    this.#token = token
  }

  /** @throws Refused, or a connection's error: then nothing is known of what became of the request */
  async ask<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
    const answer = await this.text(method, path, asking)
    return (answer === '' ? undefined : JSON.parse(answer)) as T
  }

  /** An answer as it is. @throws as {@link ask} */
  text(method: string, path: string, { body, headers = {} }: Asking = {}): Promise<string> {
    return new Promise<string>((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const type = text === undefined ? {} : { 'content-type': 'application/json' }
      const sent = request({
        socketPath: this.#socket,
        agent: this.#agent,
        ...{ method, path },
        headers: { authorization: `Bearer ${this.#token()}`, ...type, ...headers },
      })
      sent.on('error', reject)
      sent.setTimeout(ANSWER_WITHIN, () =>
        sent.destroy(new Error(`${method} ${path} was not answered within ${ANSWER_WITHIN} ms`)),
      )
      sent.on('response', (response) => {
        let answer = ''
        response.setEncoding('utf8').on('data', (piece: string) => {
          answer += piece
        })
        response.on('error', reject)
        response.on('end', () => {
          const status = response.statusCode ?? 0
          if (status < 300) resolve(answer)
          else reject(new Refused(status, answer === '' ? undefined : JSON.parse(answer)))
        })
      })
      sent.end(text)
    })
  }

  /** @param wait seconds to wait for the devices, 0 for none */
  block(wanted: WantedBlock, wait = 0, key: string = randomUUID()): Promise<BlockJson> {
    const headers = { 'idempotency-key': key, ...waiting(wait) }
    return this.ask('POST', '/v1/blocks', { body: { reason: 'a test', ...wanted }, headers })
  }

  release(id: number, wait = 0): Promise<BlockJson> {
    return this.ask('DELETE', `/v1/blocks/${id}`, { headers: waiting(wait) })
  }

  show(id: number): Promise<BlockJson> {
    return this.ask('GET', `/v1/blocks/${id}`)
  }

  explain(target: string): Promise<ExplanationJson> {
    return this.ask('GET', `/v1/explain?target=${encodeURIComponent(target)}`)
  }

  device(name: string, act?: 'hold' | 'free' | 'resync', body?: unknown): Promise<DeviceJson> {
    if (act === undefined) return this.ask('GET', `/v1/devices/${name}`)
    return this.ask('POST', `/v1/devices/${name}:${act}`, { body })
  }

  /** All blocks in memory, page by page. */
  async list(query: string): Promise<BlockJson[]> {
    const blocks: BlockJson[] = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`
      const page: { blocks: BlockJson[]; next?: string } = await this.ask(
        'GET',
        `/v1/blocks?limit=200&${query}${cursor}`,
      )
      blocks.push(...page.blocks)
      next = page.next
    }
    return blocks
  }

  close(): void {
    this.#agent.destroy()
  }
}

function waiting(wait: number): Readonly<Record<string, string>> {
  return wait === 0 ? {} : { prefer: `wait=${wait}` }
}

export interface Serving {
  readonly socket: string
  readonly accessFile: string
}

/** One run of a controller process. */
export class Controller {
  readonly client: Client
  readonly #socket: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #said = ''

  constructor(child: ChildProcess, { socket, accessFile }: Serving) {
    this.#socket = socket
    this.#child = child
    this.#ended = once(child, 'close')
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text
    })
    // A controller whose log nobody reads would wait for its reader.
    child.stdout?.resume()
    this.client = new Client(socket, () => tokenIn(accessFile))
  }

  /** Everything that it wrote to standard error so far. */
  get said(): string {
    return this.#said
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves once it answers with a token that it knows. */
  async answers(deadlineMs = 20_000): Promise<void> {
    await eventually('the controller to answer', deadlineMs, async () => {
      if (!this.running) throw new Error(`the controller ended: ${this.#said}`)
      return this.client.ask('GET', '/v1/whoami').then(
        () => true,
        () => false,
      )
    })
  }

  /** Somebody with a token of their own. */
  async person(name: string, roles: readonly string[]): Promise<Client> {
    const { id } = await this.client.ask<{ id: string }>('POST', '/v1/people', { body: { name, roles } })
    const wanted = { name, roles, origin: 'person', person: id, duration: '1d' }
    const { secret } = await this.client.ask<{ secret: string }>('POST', '/v1/tokens', { body: wanted })
    return new Client(this.#socket, () => secret)
  }

  /** Ends it and waits until it is gone; once more is harmless. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.running) this.#child.kill(signal)
    const gone = this.#ended.then(() => 'gone')
    const late = pause(20_000, 'late', { ref: false })
    if ((await Promise.race([gone, late])) === 'late') {
      this.#child.kill('SIGKILL')
      await this.#ended
      throw new Error(`the controller did not end on ${signal} within 20 s: ${this.#said}`)
    }
    this.client.close()
  }
}

function tokenIn(accessFile: string): string {
  try {
    return (JSON.parse(readFileSync(accessFile, 'utf8')) as { token: string }).token
  } catch {
    return ''
  }
}
