import { type Flow, type Probe, startProbe } from '../../simulator/probe/probe.ts'
import type { Controller } from '../helpers/controller.ts'
import { batch, WiredSite } from './wired-site.ts'

export const ROUTER = 'edge1'
/** The port that the site is reached by, and the one that somebody had shut before. */
export const [LIVE, SPARE] = ['port0', 'port1'] as const

const QUIET_MS = 250
const FLOWS: readonly Flow[] = ([4, 6] as const).map((family) => ({
  name: `ipv${family}`,
  to: 'museum',
  family,
  port: 9000,
  hz: 1_000,
}))

/** A Linux router with a site behind it, and a controller that may take its two ports down. */
export class TakenOffSite {
  readonly wired = new WiredSite()
  #probe: Probe | undefined

  static async raise(): Promise<TakenOffSite> {
    const site = new TakenOffSite()
    try {
      site.#wire()
      site.#configure()
      site.#probe = await startProbe(site.wired, { from: 'outside', flows: FLOWS })
      return site
    } catch (error) {
      await site.dispose()
      throw error
    }
  }

  #wire(): void {
    this.wired.attach('outside', { 4: '10.9.0', 6: '2001:db8:9' }, 'up0')
    const museum = this.wired.attach('museum', { 4: '10.9.1', 6: '2001:db8:9:1' }, LIVE)
    batch(this.wired.router, `link add ${SPARE} type veth peer name ${SPARE} netns ${museum.name}`)
    batch(museum, `link set dev ${SPARE} up`)
  }

  #configure(): void {
    const attachments = [LIVE, SPARE].map((name) => ({ router: ROUTER, interface: name, neighbour: name }))
    const prefixes = ['10.9.1.0/24', '2001:db8:9:1::/64']
    const device = { namespace: this.wired.router.name, interfaces: [LIVE, SPARE] }
    const config = {
      site: {
        own: ['10.9.0.0/16', '2001:db8:9::/48'],
        connections: [{ name: 'museum', prefixes, attachments }],
      },
      devices: [{ name: ROUTER, kind: 'link', config: device }],
    }
    const use = [{ device: ROUTER, as: 'interface-down' }]
    this.wired.configure(config, [{ name: 'connections', when: { target: ['connection'] }, use }])
  }

  get probe(): Probe {
    if (this.#probe === undefined) throw new Error('the site was not raised')
    return this.#probe
  }

  /** Resolves once packets of both families come through that were sent after this was asked. */
  async flows(): Promise<void> {
    const after = this.probe.mark()
    await Promise.all(FLOWS.map(({ name }) => this.probe.through(name, { after })))
  }

  /**
   * Resolves once nothing of either family has come through for a quarter of a second.
   * @returns when the last packet that came through was sent
   */
  async isSilent(): Promise<number> {
    const after = this.probe.mark()
    const stopped = await Promise.all(
      FLOWS.map(({ name }) => this.probe.stopped(name, { after, quietMs: QUIET_MS })),
    )
    return Math.max(...stopped.map(({ lastThrough }) => lastThrough.sentAt))
  }

  /** @returns when the first packet of each family arrived after a silence */
  flowsAgain(after: number): Promise<[family: 4 | 6, at: number][]> {
    return Promise.all(
      FLOWS.map(async ({ name, family }): Promise<[4 | 6, number]> => {
        const { firstBack } = await this.probe.resumed(name, { after })
        return [family, firstBack.receivedAt]
      }),
    )
  }

  /** Whether each port is up by administration, as `ip` itself says. */
  ports(): Readonly<Record<typeof LIVE | typeof SPARE, 'up' | 'down'>> {
    const at = (name: string): 'up' | 'down' =>
      /[<,]UP[,>]/.test(this.wired.router.run('ip', '-o', 'link', 'show', 'dev', name)) ? 'up' : 'down'
    return { [LIVE]: at(LIVE), [SPARE]: at(SPARE) }
  }

  start(): Promise<Controller> {
    return this.wired.start(ROUTER)
  }

  async dispose(): Promise<void> {
    await this.#probe?.stop()
    await this.wired.dispose()
  }
}
