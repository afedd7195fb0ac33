import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { findExecutable } from '../../adapters/transport/child.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type LabPlan, planLab } from '../../simulator/lab-plan.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { type DeviceSite, writeLabSite } from '../../simulator/site.ts'
import { Controller, type DeviceJson, PROGRAM, type Program } from './controller.ts'
import { provisionedImports } from './provisioned.ts'

const PORT = 8321

/** Why there can be no backbone with a controller on this machine, or false: what `skip` of a test takes. */
export function noBackboneSite(): string | false {
  const missing = findExecutable('exabgp') === undefined && 'exabgp is not installed'
  return whyNoLab(['bird-router', 'frr-router', 'gobgp-router']) ?? missing
}

export interface BackboneOptions {
  /** Part of the lab's name. */
  readonly purpose: string
  readonly placements: unknown
  /** In place of the example site's devices. */
  readonly devices?: (lab: LabPlan) => readonly DeviceSite[]
  readonly program?: Program
  /** Of the whole configuration, over everything else. */
  readonly over?: Readonly<Record<string, unknown>>
}

/** A raised backbone with a configuration for a controller in it. */
export class BackboneSite {
  readonly lab: Lab
  readonly #folder: string
  readonly #config: string
  readonly #program: Program
  readonly #controllers: Controller[] = []

  constructor(lab: Lab, folder: string, config: string, program: Program) {
    this.lab = lab
    this.#folder = folder
    this.#config = config
    this.#program = program
  }

  /**
   * Starts a controller, and waits until it has read these devices and, unless told otherwise, their routers can be
   * read: GoBGP takes half a minute to find out that its collector was started anew.
   */
  async start(devices: readonly string[], witnesses = true): Promise<Controller> {
    const { lab } = this
    const argv = [...this.#program, 'serve', '--config', this.#config]
    const child = lab.spawnIn('mgmt', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    const accessFile = join(this.#folder, 'access.json')
    const controller = new Controller(child, { socket: lab.socketPath('api.sock'), accessFile })
    this.#controllers.push(controller)
    await controller.answers()
    await eventually('the devices to be ready', 30_000, async () => {
      const all = await Promise.all(devices.map((name) => controller.client.device(name)))
      const isRead = ({ enforcers }: DeviceJson): boolean =>
        !witnesses || enforcers.every(({ trouble }) => trouble === undefined)
      return all.every((device) => device.state === 'ready' && isRead(device))
    })
    return controller
  }

  /** Ends controllers and lab and removes the folder, whatever became of them. */
  async dispose(): Promise<void> {
    for (const controller of this.#controllers) await controller.end('SIGKILL')
    await this.lab.down()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** BIRD and FRR are told what `cordon provision bgp` prints for the site, and nothing else of the speakers. */
export async function raiseBackboneSite(options: BackboneOptions): Promise<BackboneSite> {
  const plan = planLab('backbone', `${options.purpose}-${process.pid}`)
  const folder = mkdtempSync(join(tmpdir(), 'cordon-backbone-'))
  try {
    const placements = join(folder, 'placement.yaml')
    writeFileSync(placements, stringify(options.placements))
    const devices = options.devices?.(plan)
    const { over = {} } = options
    const own = devices === undefined ? {} : { devices }
    const config = writeLabSite(plan, { folder, placements, port: PORT, over, ...own })
    const imports = await provisionedImports(config)
    const lab = await raiseLab({
      topology: 'backbone',
      name: plan.name,
      engine: 'netns',
      tied: true,
      imports,
    })
    return new BackboneSite(lab, folder, config, options.program ?? PROGRAM)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}
