import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { eventually } from '../../simulator/eventually.ts'
import { Controller, type DeviceJson, type Program } from '../helpers/controller.ts'
import { ask } from './ask-child.ts'
import type { Load } from './load.ts'
import type { Hosts } from './requests.ts'
import type { Site } from './site.ts'

export interface StartOptions {
  /** With the probe inside, which measures heap and stalls. */
  readonly probe?: boolean
  /** So far behind is its wall clock: what it records is as old for who starts afterwards. */
  readonly daysAgo?: number
}

/** A controller process under test. */
export class Subject {
  readonly controller: Controller
  readonly started = performance.now()
  readonly #child: ReturnType<typeof spawn>
  readonly #site: Site

  constructor(program: Program, site: Site, { probe = false, daysAgo }: StartOptions = {}) {
    const [node = process.execPath, ...words] = program
    const options = [
      ...(probe ? ['--expose-gc', '--import', moduleHere('probe.mjs')] : []),
      ...(daysAgo === undefined ? [] : ['--import', `${moduleHere('earlier.mjs')}?days=${daysAgo}`]),
    ]
    this.#child = spawn(node, [...options, ...words, 'serve', '--config', site.config], {
      stdio: probe ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    })
    this.#site = site
    this.controller = new Controller(this.#child, site)
  }

  static async start(program: Program, site: Site, options?: StartOptions): Promise<Subject> {
    const subject = new Subject(program, site, options)
    await subject.controller.answers(60_000)
    return subject
  }

  /** Where it listens, and a token that may do everything, once it answers. */
  get access(): { readonly port: number; readonly token: string } {
    const { url, token } = JSON.parse(readFileSync(this.#site.accessFile, 'utf8')) as {
      url: string
      token: string
    }
    return { port: Number(new URL(url).port), token }
  }

  /** Resolves once the ledger takes decisions. */
  async ready(): Promise<void> {
    await eventually('the controller to be ready', 120_000, () =>
      this.controller.client.ask('GET', '/readyz').then(
        () => true,
        () => false,
      ),
    )
  }

  /** Resolves once every device holds this many rules and nothing waits. */
  async inSync(entries: number, everyMs = 5): Promise<void> {
    await eventually(
      `every device to hold ${entries} rules`,
      60_000,
      async () => (await this.devices()).every((one) => isInSync(one, entries)),
      everyMs,
    )
  }

  async devices(): Promise<readonly DeviceJson[]> {
    const answer = await this.controller.client
      .ask<{ devices: readonly DeviceJson[] }>('GET', '/v1/devices')
      .catch(() => undefined)
    return answer?.devices ?? [NOWHERE]
  }

  /** Blocks that many hosts on an empty controller. */
  async fill(load: Load, count: number, hosts: Hosts): Promise<void> {
    await this.addTo(load, 0, count, hosts)
  }

  /** Blocks the hosts from number `first` on, in batches, until the devices hold them and all before. */
  async addTo(load: Load, first: number, end: number, hosts: Hosts): Promise<void> {
    const batch = Math.min(1_000, end - first)
    const order = { clients: 1, requests: Math.ceil((end - first) / batch), batch, first, hosts }
    const done = await load.run({ ...this.access, ...order })
    if (done.failed > 0) throw new Error(`${done.failed} blocks were refused: ${done.firstFailure}`)
    await this.inSync(end, 50)
  }

  /** Asks the probe. */
  async probe<T>(question: string): Promise<T> {
    return (await ask<{ told: T }>(this.#child, question)).told
  }

  /** Seconds of CPU that the process has used, all threads. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.controller.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // utime and stime of proc(5), in the 100 ticks a second that Linux shows to programs
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    await this.controller.end(signal)
  }
}

function moduleHere(name: string): string {
  return pathToFileURL(join(import.meta.dirname, name)).href
}

/** Stands for the devices of a controller that does not answer yet. */
const NOWHERE = { state: 'connecting', backlog: 1, failing: 0, entries: -1 } as DeviceJson

function isInSync({ state, backlog, failing, entries }: DeviceJson, wanted: number): boolean {
  return state === 'ready' && backlog === 0 && failing === 0 && entries === wanted
}
