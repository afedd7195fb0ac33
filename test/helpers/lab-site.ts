import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { findExecutable } from '../../adapters/transport/child.ts'
import { askBird } from '../../simulator/bird-socket.ts'
import { routerCommands } from '../../simulator/engine/router-command.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { planLab } from '../../simulator/lab-plan.ts'
import { readState } from '../../simulator/lab-state.ts'
import { type Flow, type Probe, startProbe } from '../../simulator/probe/probe.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { writeLabSite } from '../../simulator/site.ts'
import { nodeOf } from '../../simulator/topology.ts'
import { Controller, PROGRAM, type Program } from './controller.ts'
import { provisionedImports } from './provisioned.ts'

const ROOT = join(import.meta.dirname, '../..')
const PORT = 8321
/** A command may first wait for a controller that hangs, on a machine that is busy. */
const CORDON_MS = 60_000

/** The border with BIRD and the border with nft. */
export const BIRD = 'border-bird'
export const NFT = 'border-linux'

/** Whole hosts on one device each, by the block's direction: so that a test knows which router did it. */
export const ONE_ROUTER_EACH = {
  placements: [
    { name: 'narrowed', when: { narrowed: true }, use: [{ device: NFT, as: 'acl' }] },
    { name: 'rates', when: { action: ['rate-limit'] }, use: [{ device: NFT, as: 'acl' }] },
    { name: 'to hosts', when: { side: 'own', direction: ['to'] }, use: [{ device: BIRD, as: 'd-rtbh' }] },
    { name: 'the rest', when: {}, use: [{ device: NFT, as: 'acl' }] },
  ],
}

/** Why there can be no lab with a controller on this machine, or false: what `skip` of a test takes. */
export function noLabSite(): string | false {
  const missing = ['nft', 'exabgp'].filter((name) => findExecutable(name) === undefined)
  return whyNoLab() ?? (missing.length === 0 ? false : `not installed: ${missing.join(', ')}`)
}

export interface LabSiteOptions {
  /** Part of the lab's name. */
  readonly purpose: string
  /** In place of policies/placement.yaml. */
  readonly placements?: unknown
  /** The folder of the policies; none unless told. */
  readonly policies?: string
  readonly program?: Program
  /** Beside what the example site says of its speaker. */
  readonly speaker?: Readonly<Record<string, unknown>>
}

/** A raised campus with a configuration for a controller in it. */
export class LabSite {
  readonly lab: Lab
  readonly folder: string
  readonly #program: Program
  readonly #config: string
  readonly #controllers: Controller[] = []
  #bird: number

  constructor(lab: Lab, folder: string, config: string, program: Program) {
    this.lab = lab
    this.folder = folder
    this.#config = config
    this.#program = program
    const started = readState(lab.runtimeFolder)?.processes.find(({ node }) => node === BIRD)
    this.#bird = started?.pid ?? 0
  }

  get ledgerFolder(): string {
    return join(this.folder, 'ledger')
  }

  /** Runs `cordon` on the controller's machine, with its configuration, to its end. */
  async cordon(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await this.lab.exec('mgmt', [...this.#program, ...words], {
      deadlineMs: CORDON_MS,
    })
    return { code, stdout, stderr }
  }

  get config(): string {
    return this.#config
  }

  /** Starts a controller without waiting for its answer. */
  spawn(): Controller {
    const { lab } = this
    const argv = [...this.#program, 'serve', '--config', this.#config]
    const child = lab.spawnIn('mgmt', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    const accessFile = join(this.folder, 'access.json')
    const controller = new Controller(child, { socket: lab.socketPath('api.sock'), accessFile })
    this.#controllers.push(controller)
    return controller
  }

  async start(): Promise<Controller> {
    const controller = this.spawn()
    await controller.answers()
    return controller
  }

  /** Resolves once the controller has read both routers. */
  async ready(controller: Controller, deadlineMs = 20_000): Promise<void> {
    await eventually('both devices to be ready', deadlineMs, async () => {
      const devices = await Promise.all([BIRD, NFT].map((name) => controller.client.device(name)))
      return devices.every(({ state }) => state === 'ready')
    })
  }

  async nft(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.lab.exec(NFT, ['nft', ...words])
    if (code !== 0) throw new Error(`nft ${words.join(' ')} failed: ${stderr}`)
    return stdout
  }

  /** What nft itself says of Cordon's table: `SET VALUE` for each element, sorted. */
  async elements(): Promise<string[]> {
    const { code, stdout } = await this.lab.exec(NFT, ['nft', '-j', '-n', 'list', 'table', 'inet', 'cordon'])
    if (code !== 0) return []
    const { nftables } = JSON.parse(stdout) as { nftables: { set?: ListedSet }[] }
    return nftables.flatMap(({ set }) => (set?.elem ?? []).map((one) => elementText(set?.name, one))).sort()
  }

  /** The blackholes of the speaker in BIRD's tables, and those that the kernel has, which should be the same. */
  async blackholes(): Promise<{ bird: string[]; kernel: string[] }> {
    const told = await askBird(this.lab.birdSocket(BIRD), 'show route protocol speaker')
    const bird = [...told.matchAll(/([0-9a-f.:]+)\/\d+\s+blackhole/g)].map((match) => match[1] ?? '')
    const kernel = await Promise.all(
      ['-4', '-6'].map((family) =>
        this.lab.exec(BIRD, ['ip', family, 'route', 'show', 'proto', 'bird', 'type', 'blackhole']),
      ),
    )
    const lines = kernel.flatMap(({ stdout }) => stdout.split('\n'))
    const held = lines.flatMap((line) => /^blackhole (\S+)/.exec(line)?.[1] ?? [])
    return { bird: bird.sort(), kernel: held.sort() }
  }

  /** Every ExaBGP that runs with the controller's configuration; more than one would be a fault. */
  get speakers(): number[] {
    const file = join(this.lab.runtimeFolder, 'cordon', BIRD, 'exabgp.conf')
    return readdirSync('/proc').flatMap((name) => (commandOf(name).includes(file) ? Number(name) : []))
  }

  async killBird(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const pid = this.#bird
    process.kill(pid, signal)
    await eventually('BIRD to end', 5_000, () => !isRunning(pid))
  }

  async startBird(): Promise<void> {
    const { lab } = this
    const place = { name: lab.name, runtimeFolder: lab.runtimeFolder, env: process.env }
    const [command] = routerCommands(place, nodeOf(lab.topology, BIRD))
    const child: ChildProcess = lab.spawnIn(BIRD, command?.argv ?? [], { stdio: 'ignore' })
    this.#bird = child.pid ?? 0
    await eventually('BIRD to answer', 5_000, () =>
      askBird(lab.birdSocket(BIRD), 'show status').then(
        (text) => text.includes('up and running'),
        () => false,
      ),
    )
  }

  /** Ends controllers and lab and removes the folder, whatever became of them. */
  async dispose(): Promise<void> {
    for (const controller of this.#controllers) await controller.end('SIGKILL')
    await this.lab.down()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

interface ListedSet {
  readonly name: string
  readonly elem?: readonly unknown[]
}

function elementText(set: string | undefined, element: unknown): string {
  const value = hasField(element, 'elem') && hasField(element.elem, 'val') ? element.elem.val : element
  const parts = hasField(value, 'concat') ? (value.concat as unknown[]) : [value]
  return `${set} ${parts.join(' . ')}`
}

function hasField<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return typeof value === 'object' && value !== null && name in value
}

function commandOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** A process that has ended and was not yet fetched by its parent runs no more. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return false
  }
}

/** Its routers are told what `cordon provision bgp` prints for the site, and nothing else of the speakers. */
export async function raiseLabSite(options: LabSiteOptions): Promise<LabSite> {
  const plan = planLab('campus', `${options.purpose}-${process.pid}`)
  const folder = mkdtempSync(join(tmpdir(), 'cordon-site-'))
  try {
    const own = join(folder, 'placement.yaml')
    if (options.placements !== undefined) writeFileSync(own, stringify(options.placements))
    const placements = options.placements === undefined ? join(ROOT, 'policies/placement.yaml') : own
    const { policies } = options
    const written = { folder, placements, port: PORT, ...(policies === undefined ? {} : { policies }) }
    const config = writeLabSite(plan, written)
    if (options.speaker !== undefined) tuneSpeaker(config, options.speaker)
    const imports = await provisionedImports(config)
    const lab = await raiseLab({ name: plan.name, engine: 'netns', tied: true, imports })
    return new LabSite(lab, folder, config, options.program ?? PROGRAM)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function tuneSpeaker(path: string, settings: Readonly<Record<string, unknown>>): void {
  const site = parse(readFileSync(path, 'utf8')) as { devices: { kind: string; config: object }[] }
  for (const device of site.devices) if (device.kind === 'exabgp') Object.assign(device.config, settings)
  writeFileSync(path, stringify(site))
}

/** Runs with packets under way and ends them; then neighbours must have missed nothing that a router could take. */
export async function withProbe(
  site: LabSite,
  flows: readonly Flow[],
  neighbours: readonly string[],
  run: (probe: Probe) => Promise<void>,
): Promise<void> {
  const probe = await startProbe(site.lab, { flows, neighbours })
  try {
    await run(probe)
    for (const { flow, missing, droppedByReceiver } of probe.neighbourGaps())
      if (missing > droppedByReceiver) throw new Error(`${flow} lost ${missing} packets`)
  } finally {
    await probe.stop()
  }
}
