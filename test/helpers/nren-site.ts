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
import { type DeviceSite, writeLabSite } from '../../simulator/site.ts'
import { sshdKeyPath } from '../../simulator/sshd.ts'
import { type Node, nodeOf } from '../../simulator/topology.ts'
import { Controller, PROGRAM } from './controller.ts'

const PORT = 8321
const COMMAND_MS = 60_000
/** In the topology file. */
const PASSWORD = 'secret'

/** Why there can be no such lab with a controller on this machine, or false: what `skip` of a test takes. */
export function noNrenSite(): string | false {
  return whyNoLab(['bird-router', 'gobgp-router', 'junos-router', 'ios-router', 'sshd']) ?? false
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

  /** @param placements the lines of the placement table */
  static async raise(purpose: string, placements: readonly unknown[]): Promise<NrenSite> {
    const plan = planLab('nren', `${purpose}-${process.pid}`)
    const folder = mkdtempSync(join(tmpdir(), 'cordon-nren-'))
    try {
      const imports = { core: interfacesOf(nodeOf(plan.topology, 'core')) }
      const lab = await raiseLab({ topology: 'nren', name: plan.name, engine: 'netns', tied: true, imports })
      try {
        const table = join(folder, 'placement.yaml')
        writeFileSync(table, stringify({ placements }))
        writeFileSync(join(folder, 'password'), PASSWORD, { mode: 0o600 })
        const devices = await devicesOf(lab)
        const config = writeLabSite(plan, { folder, placements: table, port: PORT, devices })
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
  'edge-ios': ({ topology }) => ({
    ...{ host: '203.0.113.237', kind: 'ssh-cli' },
    config: { driver: 'ios', filterOn: [iosNameOf(nodeOf(topology, 'edge-ios'), 'to-core')] },
  }),
  dept: () => ({ host: '203.0.113.241', kind: 'nft', config: {} }),
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

async function devicesOf(lab: Lab): Promise<DeviceSite[]> {
  const devices = Object.entries(MANAGED).map(async ([name, router]) => {
    const { host, kind, config } = router(lab)
    const login = { host, username: 'cordon', password: 'file:password', hostKeys: [await keyOf(lab, name)] }
    return { name, kind, config: kind === 'nft' ? { ssh: login } : { ...login, ...config } }
  })
  return await Promise.all(devices)
}
