import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import { Client, Controller, FROM_SOURCE } from '../helpers/controller.ts'
import { endChild } from '../helpers/daemon.ts'
import { makeNetns, type Netns } from '../helpers/netns.ts'

export const ROUTER = 'edge1'
/** The port that the site is reached by, and the one that somebody had shut before. */
export const [LIVE, SPARE] = ['port0', 'port1'] as const

const SITE = { 4: '10.9.1.2', 6: '2001:db8:9:1::2' } as const
const QUIET_MS = 250

/** Sends 100 packets a second of each family, until it is ended. */
const SENDER = `const { createSocket } = require('node:dgram')
const four = createSocket('udp4'), six = createSocket('udp6')
setInterval(() => {
  four.send('4', 9000, '${SITE[4]}', () => {})
  six.send('6', 9000, '${SITE[6]}', () => {})
}, 10)`
/** Prints the family of each packet that arrives. */
const RECEIVER = `const { createSocket } = require('node:dgram')
const socket = createSocket({ type: 'udp6' })
socket.on('message', (text) => process.stdout.write(String(text)))
socket.bind(9000, '::')`

/** A Linux router with a site behind it, and a controller that may take its two ports down. */
export class TakenOffSite {
  readonly folder = mkdtempSync(join(tmpdir(), 'cordon-off-'))
  readonly router: Netns = makeNetns()
  readonly #site: Netns = makeNetns()
  readonly #outside: Netns = makeNetns()
  readonly #children: ChildProcess[] = []
  readonly #controllers: Controller[] = []
  readonly #last: Record<string, number> = { 4: 0, 6: 0 }

  static async raise(): Promise<TakenOffSite> {
    const site = new TakenOffSite()
    try {
      site.#wire()
      site.#writeConfig()
      site.#startTraffic()
      await site.flows()
      return site
    } catch (error) {
      await site.dispose()
      throw error
    }
  }

  #wire(): void {
    const { router } = this
    const batch = (netns: Netns, ...lines: string[]): string =>
      netns.feed(lines.join('\n'), 'ip', '-batch', '-')
    batch(
      router,
      `link add up0 type veth peer name up0 netns ${this.#outside.name}`,
      `link add ${LIVE} type veth peer name ${LIVE} netns ${this.#site.name}`,
      `link add ${SPARE} type veth peer name ${SPARE} netns ${this.#site.name}`,
    )
    // A router keeps the addresses of a port that is shut only if it is told to; see adapters/link/README.md.
    router.run('sysctl', '-qw', 'net.ipv6.conf.all.keep_addr_on_down=1', 'net.ipv4.ip_forward=1')
    router.run('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1')
    batch(
      router,
      'address add 10.9.0.1/30 dev up0',
      'address add 2001:db8:9::1/64 dev up0 nodad',
      `address add 10.9.1.1/30 dev ${LIVE}`,
      `address add 2001:db8:9:1::1/64 dev ${LIVE} nodad`,
      ...['up0', LIVE].map((name) => `link set dev ${name} up`),
    )
    batch(
      this.#site,
      `address add ${SITE[4]}/30 dev ${LIVE}`,
      `address add ${SITE[6]}/64 dev ${LIVE} nodad`,
      `link set dev ${LIVE} up`,
      `link set dev ${SPARE} up`,
    )
    batch(
      this.#outside,
      'address add 10.9.0.2/30 dev up0',
      'address add 2001:db8:9::2/64 dev up0 nodad',
      'link set dev up0 up',
      'route add default via 10.9.0.1',
      'route add default via 2001:db8:9::1',
    )
  }

  #writeConfig(): void {
    const attachments = [LIVE, SPARE].map((name) => ({ router: ROUTER, interface: name, neighbour: name }))
    const prefixes = ['10.9.1.0/30', '2001:db8:9:1::/64']
    const config = {
      listen: { host: '127.0.0.1', port: 0, socket: 'api.sock' },
      placements: 'placement.yaml',
      site: {
        own: ['10.9.0.0/16', '2001:db8:9::/48'],
        connections: [{ name: 'museum', prefixes, attachments }],
      },
      devices: [
        { name: ROUTER, kind: 'link', config: { namespace: this.router.name, interfaces: [LIVE, SPARE] } },
      ],
    }
    const use = [{ device: ROUTER, as: 'interface-down' }]
    const placements = [{ name: 'connections', when: { target: ['connection'] }, use }]
    writeFileSync(join(this.folder, 'cordon.yaml'), stringify(config))
    writeFileSync(join(this.folder, 'placement.yaml'), stringify({ placements }))
  }

  #startTraffic(): void {
    const node = (netns: Netns, program: string): ChildProcess => {
      const child = spawn('ip', ['netns', 'exec', netns.name, process.execPath, '-e', program], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      this.#children.push(child)
      return child
    }
    node(this.#site, RECEIVER)
      .stdout?.setEncoding('utf8')
      .on('data', (families: string) => {
        for (const family of families) this.#last[family] = performance.now()
      })
    node(this.#outside, SENDER)
  }

  /** Resolves once packets of both families arrive that were not on their way before. */
  async flows(): Promise<void> {
    const since = performance.now() + 50
    await eventually(
      'packets of both families',
      10_000,
      () => (this.#last[4] ?? 0) > since && (this.#last[6] ?? 0) > since,
    )
  }

  /** Resolves once no packet of either family has arrived for a quarter of a second. */
  async isSilent(): Promise<void> {
    const quiet = (family: string): boolean => performance.now() - (this.#last[family] ?? 0) > QUIET_MS
    await eventually('silence', 5_000, () => quiet('4') && quiet('6'))
  }

  /** Whether each port is up by administration, as `ip` itself says. */
  ports(): Readonly<Record<typeof LIVE | typeof SPARE, 'up' | 'down'>> {
    const at = (name: string): 'up' | 'down' =>
      /[<,]UP[,>]/.test(this.router.run('ip', '-o', 'link', 'show', 'dev', name)) ? 'up' : 'down'
    return { [LIVE]: at(LIVE), [SPARE]: at(SPARE) }
  }

  async start(): Promise<Controller> {
    const [file = '', ...words] = [...FROM_SOURCE, 'serve', '--config', join(this.folder, 'cordon.yaml')]
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    const accessFile = join(this.folder, 'var/access.json')
    const controller = new Controller(child, { socket: this.#socket, accessFile })
    this.#controllers.push(controller)
    await controller.answers()
    await eventually('the router to be read', 20_000, async () => {
      const { state } = await controller.client.device(ROUTER)
      return state === 'ready'
    })
    return controller
  }

  get #socket(): string {
    return join(this.folder, 'api.sock')
  }

  /** Somebody with a token of their own. */
  async person({ client }: Controller, name: string, roles: readonly string[]): Promise<Client> {
    const { id } = await client.ask<{ id: string }>('POST', '/v1/people', { body: { name, roles } })
    const wanted = { name, roles, origin: 'person', person: id, duration: '1d' }
    const { secret } = await client.ask<{ secret: string }>('POST', '/v1/tokens', { body: wanted })
    return new Client(this.#socket, () => secret)
  }

  /** Ends everything and removes what was made, whatever became of it. */
  async dispose(): Promise<void> {
    for (const controller of this.#controllers) await controller.end('SIGKILL')
    for (const child of this.#children) await endChild(child)
    for (const netns of [this.router, this.#site, this.#outside]) netns.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
