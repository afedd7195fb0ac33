import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '../../../simulator/eventually.ts'
import { endChild, freePort } from '../../../test/helpers/daemon.ts'

const SCRIPT = fileURLToPath(new URL('../cordon-notify', import.meta.url))

/** A record as it was posted. */
export interface Posted {
  readonly ip: string
  readonly direction: string
  readonly action: string
  readonly pps: number
  readonly report: string
  readonly at: string
  readonly revision: number
  readonly run: string
}

/** How the API answers; `hold` leaves the caller without an answer. */
export type Answer = { readonly status: number; readonly headers?: Record<string, string> } | 'hold'

/** An API on a port of its own, that can be away. */
class FakeApi {
  readonly posted: Posted[] = []
  /** Method, path and token of each request. */
  readonly heads: string[] = []
  answer: (record: Posted) => Answer = () => ({ status: 200 })
  readonly port: number
  #server: Server | undefined

  constructor(port: number) {
    this.port = port
  }

  async up(): Promise<void> {
    this.#server = createServer((request, response) => void this.#take(request, response))
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async down(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const record = JSON.parse(Buffer.concat(parts).toString()) as Posted
    this.posted.push(record)
    this.heads.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    const answer = this.answer(record)
    if (answer === 'hold') return
    response.writeHead(answer.status, answer.headers).end('{"words":"so it is"}')
  }
}

/** Calls the script, and lives until it is ended. */
class Detector {
  readonly #child: ChildProcess

  constructor(program: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  }

  /** Resolves once the script has ended. */
  async call(ip: string, action: string, direction = 'incoming'): Promise<void> {
    const { stdin, stdout } = this.#child
    if (stdin === null || stdout === null) throw new Error('it has no pipes')
    const ended = once(stdout, 'data')
    stdin.write(`${SCRIPT} ${ip} ${direction} 1252 ${action}\n`)
    await ended
  }

  async end(): Promise<void> {
    await endChild(this.#child)
  }
}

/** The real script with a spool and a configuration of its own, and what it says to syslog in a file. */
export class NotifyScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'cordon-notify-'))
  readonly spool = join(this.folder, 'spool')
  readonly tokenFile = join(this.folder, 'token')
  readonly api: FakeApi
  readonly #config = join(this.folder, 'fastnetmon.conf')
  readonly #detectors: Detector[] = []

  private constructor(port: number, more: readonly string[]) {
    this.api = new FakeApi(port)
    mkdirSync(join(this.folder, 'bin'))
    this.program('logger', `shift 4\necho "$*" >>'${join(this.folder, 'syslog')}'`)
    writeFileSync(this.tokenFile, 'good-token\n')
    const lines = [
      `URL=http://127.0.0.1:${port}`,
      `TOKEN_FILE=${this.tokenFile}`,
      `SPOOL=${this.spool}`,
      'RETRY_MAX=1',
    ]
    writeFileSync(this.#config, `${[...lines, ...more].join('\n')}\n`)
  }

  static async begin(t: TestContext, more: readonly string[] = []): Promise<NotifyScene> {
    const scene = new NotifyScene(await freePort('127.0.0.1'), more)
    t.after(() => scene.#end())
    return scene
  }

  /** Puts a script in the place of a program that the notify script uses. */
  program(name: string, lines: string): void {
    writeFileSync(join(this.folder, 'bin', name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
  }

  get #env(): NodeJS.ProcessEnv {
    const path = `${join(this.folder, 'bin')}:${process.env['PATH']}`
    return { ...process.env, PATH: path, CORDON_FASTNETMON_CONF: this.#config }
  }

  /** Runs the script until it has ended and left its stdout to nobody; without `stdin`, that stays open. */
  async run(args: readonly string[], stdin?: string): Promise<number | null> {
    const child = spawn(SCRIPT, args, {
      env: this.#env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdout.resume()
    const ends: Promise<unknown>[] = [once(child.stdout, 'end')]
    // FastNetMon itself ends by a pipe that nobody reads to its end.
    if (stdin !== undefined) {
      ends.push(finished(child.stdin, { readable: false }))
      child.stdin.end(stdin)
    }
    const [[status]] = (await Promise.all([once(child, 'exit'), ...ends])) as [[number | null]]
    child.stdin.destroy()
    return status
  }

  /** A process of that name which calls the script as FastNetMon does. */
  detector(name = 'fastnetmon'): Detector {
    const program = join(this.folder, name)
    writeFileSync(program, `#!/bin/bash\nwhile read -r line; do $line </dev/null; echo; done\n`, {
      mode: 0o755,
    })
    const detector = new Detector(program, this.#env)
    this.#detectors.push(detector)
    return detector
  }

  call(ip: string, action: string, report = '', direction = 'incoming'): Promise<number | null> {
    return this.run([ip, direction, '1252', action], report)
  }

  queued(): string[] {
    return existsSync(join(this.spool, 'queue')) ? readdirSync(join(this.spool, 'queue')).sort() : []
  }

  refused(): string[] {
    return readdirSync(join(this.spool, 'refused')).sort()
  }

  said(): string {
    const log = join(this.folder, 'syslog')
    return existsSync(log) ? readFileSync(log, 'utf8') : ''
  }

  /** The process that delivers, or the last one that did. */
  deliverer(): number | undefined {
    const file = join(this.spool, 'deliverer')
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined
  }

  killDeliverer(): void {
    const pid = this.deliverer()
    if (pid !== undefined && pid > 0 && isOurs(pid)) process.kill(pid, 'SIGKILL')
  }

  async #end(): Promise<void> {
    for (const detector of this.#detectors) await detector.end()
    await this.api.down()
    // A deliverer that finds no configuration ends; one at work is ended.
    rmSync(this.#config)
    this.killDeliverer()
    // One that has read it before may still write; Node's own retries do not look for new files.
    await eventually('the folder to be gone', 10_000, () => isGone(this.folder), 50)
  }
}

function isGone(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}

/** Numbers of processes are used again. */
function isOurs(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`
  return existsSync(file) && readFileSync(file, 'utf8').includes(SCRIPT)
}
