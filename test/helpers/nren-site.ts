import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { RouterControl } from '../../simulator/configured/control.ts'
import { controlAt } from '../../simulator/configured/control-socket.ts'
import { iosInterfaces } from '../../simulator/configured/ios/lab-start.ts'
import { controlSocketPath } from '../../simulator/engine/router-command.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { planLab } from '../../simulator/lab-plan.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { type ConnectionSite, type DeviceSite, writeLabSite } from '../../simulator/site.ts'
import { sshdKeyPath } from '../../simulator/sshd.ts'
import { type Node, nodeOf, type Topology } from '../../simulator/topology.ts'
import { Controller, PROGRAM } from './controller.ts'

const PORT = 8321
const COMMAND_MS = 60_000
/** In the topology file. */
const PASSWORD = 'secret'
export const EDGE = 'edge-ios'

/** Why there can be no such lab with a controller on this machine, or false: what `skip` of a test takes. */
export function noNrenSite(): string | false {
  return whyNoLab(['bird-router', 'gobgp-router', 'junos-router', 'ios-router', 'sshd']) ?? false
}

export interface NrenOptions {
  /** The lines of the placement table. */
  readonly placements: readonly unknown[]
  /** More of the configuration of every router that is logged in to. */
  readonly login?: Readonly<Record<string, unknown>>
  /** Devices beside them. */
  readonly more?: (lab: Lab) => readonly DeviceSite[]
  /** Sites that are connected through its routers. */
  readonly connected?: (lab: Lab) => readonly ConnectionSite[]
  /** Of the whole configuration, over everything else. */
  readonly over?: Readonly<Record<string, unknown>>
}

/** A raised research network, with a controller for the routers in it that are configured. */
export class NrenSite {
  readonly lab: Lab
  readonly #folder: string
  readonly #config: string
  readonly #controllers: Controller[] = []

  private constructor(lab: Lab, folder: string, config: string) {
    this.lab = lab
    this.#folder = folder
    this.#config = config
  }

  static async raise(purpose: string, options: NrenOptions): Promise<NrenSite> {
    const { placements, login = {}, more = () => [], connected = () => [], over = {} } = options
    const plan = planLab('nren', `${purpose}-${process.pid}`)
    const folder = mkdtempSync(join(tmpdir(), 'cordon-nren-'))
    try {
      const imports = { core: interfacesOf(nodeOf(plan.topology, 'core')) }
      const lab = await raiseLab({ topology: 'nren', name: plan.name, engine: 'netns', tied: true, imports })
      try {
        const table = join(folder, 'placement.yaml')
        writeFileSync(table, stringify({ placements }))
        writeFileSync(join(folder, 'password'), PASSWORD, { mode: 0o600 })
        const devices = [...(await devicesOf(lab, login)), ...more(lab)]
        const connections = connected(lab)
        const paths = { folder, placements: table, port: PORT }
        const config = writeLabSite(plan, { ...paths, devices, connections, over })
        return new NrenSite(lab, folder, config)
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

/** What a router of Junos has before anybody thinks of blocking: its interfaces, with their addresses. */
function interfacesOf({ interfaces }: Node): string {
  return interfaces
    .flatMap(({ name, addresses }) =>
      addresses.map(
        ({ address, length, family }) =>
          `set interfaces ${name} unit 0 family ${family === 4 ? 'inet' : 'inet6'} address ${address}/${length}`,
      ),
    )
    .join('\n')
}

function controlOf(lab: Lab, router: string): RouterControl {
  return controlAt(controlSocketPath(lab.runtimeFolder, router))
}

interface ManagedRouter {
  /** In the management network, as the topology has it. */
  readonly host: string
  readonly kind: string
  readonly config: object
}

const MANAGED: Readonly<Record<string, (lab: Lab) => ManagedRouter>> = {
  core: () => ({
    ...{ host: '203.0.113.233', kind: 'netconf' },
    config: { driver: 'junos', filterOn: ['to-border-bird.0', 'to-border-flow.0'] },
  }),
  [EDGE]: ({ topology }) => ({
    ...{ host: '203.0.113.237', kind: 'ssh-cli' },
    config: {
      driver: 'ios',
      filterOn: [iosNameOf(nodeOf(topology, EDGE), 'to-core')],
      interfaces: [laboratoryPort(topology)],
    },
  }),
  dept: () => ({ host: '203.0.113.241', kind: 'nft', config: {} }),
}

export function laboratoryPort(topology: Topology): string {
  return iosNameOf(nodeOf(topology, EDGE), 'to-sw-edge')
}

/** What is behind the edge, with its only way out. */
export function laboratory({ topology }: Lab): ConnectionSite {
  const port = laboratoryPort(topology)
  return {
    ...{ name: 'laboratory', prefixes: ['203.0.113.32/27', '2001:db8:102::/48'] },
    attachments: [{ router: EDGE, interface: port, neighbour: port }],
  }
}

/** What the router calls an interface of Linux. */
function iosNameOf(node: Node, linux: string): string {
  const found = Object.entries(iosInterfaces(node)).find(([, name]) => name === linux)
  if (found === undefined) throw new RangeError(`${node.name} has no interface ${linux}`)
  return found[0]
}

async function keyOf(lab: Lab, name: string): Promise<string> {
  if (MANAGED[name]?.(lab).kind === 'nft') return readFileSync(sshdKeyPath(lab.runtimeFolder, name), 'utf8')
  return (await controlOf(lab, name).identity()).line
}

async function devicesOf(lab: Lab, more: Readonly<Record<string, unknown>>): Promise<DeviceSite[]> {
  const devices = Object.entries(MANAGED).map(async ([name, router]) => {
    const { host, kind, config } = router(lab)
    const login = { host, username: 'cordon', password: 'file:password', hostKeys: [await keyOf(lab, name)] }
    return { name, kind, config: kind === 'nft' ? { ssh: login } : { ...login, ...config, ...more } }
  })
  return await Promise.all(devices)
}
