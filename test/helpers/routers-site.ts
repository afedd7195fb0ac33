import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { RouterControl } from '../../simulator/configured/control.ts'
import { controlAt } from '../../simulator/configured/control-socket.ts'
import { controlSocketPath } from '../../simulator/engine/router-command.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { planLab } from '../../simulator/lab-plan.ts'
import { raiseLab } from '../../simulator/raise.ts'
import type { Imports } from '../../simulator/router-config.ts'
import { type ConnectionSite, type DeviceSite, writeLabSite } from '../../simulator/site.ts'
import { sshdKeyPath } from '../../simulator/sshd.ts'
import { hasSshd, nodeOf, sharedSubnet, type Topology } from '../../simulator/topology.ts'
import { Controller, PROGRAM } from './controller.ts'

const PORT = 8321
const COMMAND_MS = 60_000
/** In the topology files. */
const PASSWORD = 'secret'

export interface RoutersSiteOptions {
  /** The name of a file in `simulator/topologies/`. */
  readonly topology: string
  /** A part of the lab's name. */
  readonly purpose: string
  /** The lines of the placement table. */
  readonly placements: readonly unknown[]
  readonly devices: (lab: Lab) => Promise<readonly DeviceSite[]>
  /** What its routers start with, where that is not the simulator's own. */
  readonly imports?: (topology: Topology) => Imports
  /** Sites that are connected through its routers. */
  readonly connected?: (lab: Lab) => readonly ConnectionSite[]
  /** Of the whole configuration, over everything else. */
  readonly over?: Readonly<Record<string, unknown>>
}

/** A raised network, with a controller for the routers in it that are logged in to. */
export class RoutersSite {
  readonly lab: Lab
  readonly #folder: string
  readonly #config: string
  readonly #controllers: Controller[] = []

  private constructor(lab: Lab, folder: string, config: string) {
    this.lab = lab
    this.#folder = folder
    this.#config = config
  }

  static async raise(options: RoutersSiteOptions): Promise<RoutersSite> {
    const { topology, purpose, placements, over = {} } = options
    const plan = planLab(topology, `${purpose}-${process.pid}`)
    const folder = mkdtempSync(join(tmpdir(), `cordon-${topology}-`))
    try {
      const imports = options.imports?.(plan.topology) ?? {}
      const lab = await raiseLab({ topology, name: plan.name, engine: 'netns', tied: true, imports })
      try {
        const table = join(folder, 'placement.yaml')
        writeFileSync(table, stringify({ placements }))
        writeFileSync(join(folder, 'password'), PASSWORD, { mode: 0o600 })
        const devices = await options.devices(lab)
        const connections = options.connected?.(lab) ?? []
        const paths = { folder, placements: table, port: PORT }
        const config = writeLabSite(plan, { ...paths, devices, connections, over })
        return new RoutersSite(lab, folder, config)
      } catch (error) {
        await lab.down()
        throw error
      }
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  control(router: string): RouterControl {
    return controlOf(this.lab, router)
  }

  /** Runs `cordon` on the controller's machine; an answer of no is one. @throws Error when it fails */
  async cordon(...words: readonly string[]): Promise<string> {
    const argv = [...PROGRAM, ...words, '--config', this.#config]
    const { code, stdout, stderr } = await this.lab.exec('mgmt', argv, { deadlineMs: COMMAND_MS })
    if (code === null || code > 1) throw new Error(`cordon ${words.join(' ')}: ${stderr}${stdout}`)
    return stdout
  }

  /** A controller that has read these devices. */
  async start(devices: readonly string[]): Promise<Controller> {
    const { lab } = this
    const argv = [...PROGRAM, 'serve', '--config', this.#config]
    const child = lab.spawnIn('mgmt', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    const accessFile = join(this.#folder, 'access.json')
    const controller = new Controller(child, { socket: lab.socketPath('api.sock'), accessFile })
    this.#controllers.push(controller)
    await controller.answers()
    await eventually('the devices to be ready', 30_000, async () => {
      const all = await Promise.all(devices.map((name) => controller.client.device(name)))
      return all.every(({ state }) => state === 'ready')
    })
    return controller
  }

  async dispose(): Promise<void> {
    for (const controller of this.#controllers) await controller.end('SIGKILL')
    await this.lab.down()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function controlOf(lab: Lab, router: string): RouterControl {
  return controlAt(controlSocketPath(lab.runtimeFolder, router))
}

/** The settings with which the controller logs in to a router, by its address in the management network. */
export async function loginTo(lab: Lab, router: string) {
  const [, host] = sharedSubnet(lab.topology, 'mgmt', router, 4)
  return { host, username: 'cordon', password: 'file:password', hostKeys: [await keyOf(lab, router)] }
}

async function keyOf(lab: Lab, router: string): Promise<string> {
  if (hasSshd(nodeOf(lab.topology, router)))
    return readFileSync(sshdKeyPath(lab.runtimeFolder, router), 'utf8')
  return (await controlOf(lab, router).identity()).line
}
