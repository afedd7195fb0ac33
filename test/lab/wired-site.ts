import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import type { ProbedNodes } from '../../simulator/probe/probe.ts'
import { Controller, PROGRAM } from '../helpers/controller.ts'
import { endChild } from '../helpers/daemon.ts'
import { makeNetns, type Netns } from '../helpers/netns.ts'

/** Of a node's network: what stands before the last octet, and before `::`. The router is 1 there, the node 2. */
export type Network = Readonly<Record<4 | 6, string>>

interface Node {
  readonly netns: Netns
  readonly network: Network
  readonly port: string
}

/** A Linux router with nodes around it, each behind a port of its own, and a controller for the router. */
export class WiredSite implements ProbedNodes {
  readonly folder = mkdtempSync(join(tmpdir(), 'cordon-site-'))
  readonly router: Netns = makeNetns()
  readonly #nodes = new Map<string, Node>()
  readonly #children: ChildProcess[] = []
  readonly #controllers: Controller[] = []

  constructor() {
    // A router keeps the addresses of a port that is shut only if it is told to; see adapters/link/README.md.
    this.router.run('sysctl', '-qw', 'net.ipv6.conf.all.keep_addr_on_down=1', 'net.ipv4.ip_forward=1')
    this.router.run('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1')
  }

  /** Puts a node behind the router's port of that name, with the router as its way to all others. */
  attach(name: string, network: Network, port = name): Netns {
    const netns = makeNetns()
    this.#nodes.set(name, { netns, network, port })
    batch(this.router, `link add ${port} type veth peer name ${port} netns ${netns.name}`)
    for (const [at, host] of [
      [this.router, 1],
      [netns, 2],
    ] as const)
      batch(
        at,
        `address add ${network[4]}.${host}/24 dev ${port}`,
        `address add ${network[6]}::${host}/64 dev ${port} nodad`,
        `link set dev ${port} up`,
      )
    batch(netns, `route add default via ${network[4]}.1`, `route add default via ${network[6]}::1`)
    return netns
  }

  netnsOf(name: string): Netns {
    return this.#node(name).netns
  }

  addressOf(name: string, family: 4 | 6): string {
    const { network } = this.#node(name)
    return family === 4 ? `${network[4]}.2` : `${network[6]}::2`
  }

  /** The router's own address on the port of a node. */
  gatewayOf(name: string, family: 4 | 6): string {
    const { network } = this.#node(name)
    return family === 4 ? `${network[4]}.1` : `${network[6]}::1`
  }

  /** What a node receives on; the router's port has the same name. */
  portOf(name: string): string {
    return this.#node(name).port
  }

  /** Starts a process in a node's network; it ends with the site at the latest. */
  spawnIn(name: string, argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.#spawn(this.netnsOf(name), argv, options)
  }

  /** Starts a process on the router itself; it ends with the site at the latest. */
  spawnOnRouter(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.#spawn(this.router, argv, options)
  }

  #spawn(netns: Netns, argv: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', netns.name, ...argv], options)
    this.#children.push(child)
    return child
  }

  #node(name: string): Node {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new RangeError(`there is no node '${name}'`)
    return node
  }

  /** The controller's files: what differs between sites, and the lines of the placement table. */
  configure(config: Readonly<Record<string, unknown>>, placements: readonly unknown[]): void {
    const listen = { host: '127.0.0.1', port: 0, socket: 'api.sock' }
    const whole = { listen, placements: 'placement.yaml', ...config }
    writeFileSync(join(this.folder, 'cordon.yaml'), stringify(whole))
    writeFileSync(join(this.folder, 'placement.yaml'), stringify({ placements }))
  }

  /** A controller that has read this device. */
  async start(device: string): Promise<Controller> {
    const [file = '', ...words] = [...PROGRAM, 'serve', '--config', join(this.folder, 'cordon.yaml')]
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    const accessFile = join(this.folder, 'var/access.json')
    const controller = new Controller(child, { socket: this.#socket, accessFile })
    this.#controllers.push(controller)
    await controller.answers()
    await eventually('the router to be read', 20_000, async () => {
      const { state } = await controller.client.device(device)
      return state === 'ready'
    })
    return controller
  }

  get #socket(): string {
    return join(this.folder, 'api.sock')
  }

  /** Ends everything and removes what was made, whatever became of it. */
  async dispose(): Promise<void> {
    for (const controller of this.#controllers) await controller.end('SIGKILL')
    for (const child of this.#children) await endChild(child)
    for (const netns of [this.router, ...[...this.#nodes.values()].map((node) => node.netns)]) netns.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Runs commands of `ip` inside, all in one process. */
export function batch(netns: Netns, ...lines: readonly string[]): void {
  netns.feed(lines.join('\n'), 'ip', '-batch', '-')
}
