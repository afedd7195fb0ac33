import { type Crafter, startCrafter } from '../../simulator/probe/crafted.ts'
import { type Flow, type Probe, startProbe } from '../../simulator/probe/probe.ts'
import type { Controller } from '../helpers/controller.ts'
import { connections, crossing, listen, ONLY_BGP } from './control-traffic.ts'
import { Echoes } from './echoes.ts'
import { type Network, WiredSite } from './wired-site.ts'

export const ROUTER = 'core'

/** Physics has a part, optics, and an emergency phone that is protected; the library is another department. */
const NODES: Readonly<Record<string, Network>> = {
  physics: { 4: '10.8.0', 6: '2001:db8:8:0' },
  optics: { 4: '10.8.1', 6: '2001:db8:8:1' },
  phone: { 4: '10.8.2', 6: '2001:db8:8:2' },
  library: { 4: '10.8.4', 6: '2001:db8:8:4' },
  resolver: { 4: '10.8.8', 6: '2001:db8:8:8' },
  portal: { 4: '10.8.9', 6: '2001:db8:8:9' },
  outside: { 4: '198.51.100', 6: '2001:db8:ffff:0' },
}
const NAMES = Object.keys(NODES)
const BLOCKED = ['physics', 'optics']
const REACHABLE = ['resolver', 'portal']

const bothFamilies = (to: string, hz: number): Flow[] =>
  ([4, 6] as const).map((family) => ({ name: `${to}-${family}`, to, family, port: 9001, hz }))

/** From outside to the department, and to its neighbour; from the department to the outside, and to the resolver. */
const INWARD = [...bothFamilies('physics', 1_000), ...bothFamilies('library', 250)]
const OUTWARD = [...bothFamilies('outside', 1_000), ...bothFamilies('resolver', 250)]
/** The first two of each are the department's, the others must never stop. */
const named = (flows: readonly Flow[]): string[] => flows.map(({ name }) => name)

/** A Linux router between a department, the rest of its campus and the outside, and a controller for it. */
export class DepartmentSite {
  readonly wired = new WiredSite()
  #echoes: Echoes | undefined
  readonly #probes: Probe[] = []
  #crafter: Crafter | undefined

  static async raise(): Promise<DepartmentSite> {
    const site = new DepartmentSite()
    try {
      for (const [name, network] of Object.entries(NODES)) site.wired.attach(name, network)
      site.#configure()
      await listen(site.wired)
      site.#crafter = await startCrafter(site.wired, { from: 'outside', to: 'physics', beside: 'library' })
      site.#echoes = await Echoes.start(site.wired, NAMES)
      for (const [from, flows] of [
        ['outside', INWARD],
        ['physics', OUTWARD],
      ] as const)
        site.#probes.push(await startProbe(site.wired, { from, flows, neighbours: named(flows).slice(2) }))
      return site
    } catch (error) {
      await site.dispose()
      throw error
    }
  }

  #configure(): void {
    const address = (name: string): string[] =>
      ([4, 6] as const).map((one) => this.wired.addressOf(name, one))
    const named = (name: string): object[] => address(name).map((prefix) => ({ prefix, name }))
    const config = {
      site: {
        own: ['10.8.0.0/16', '2001:db8:8::/48'],
        departments: [
          { name: 'physics', prefixes: ['10.8.0.0/22', '2001:db8:8::/62'], users: 300 },
          { name: 'optics', parent: 'physics', prefixes: ['10.8.1.0/24', '2001:db8:8:1::/64'] },
          { name: 'library', prefixes: ['10.8.4.0/24', '2001:db8:8:4::/64'] },
        ],
        protected: named('phone'),
        reachable: REACHABLE.flatMap(named),
        ingress: [{ name: 'core', coveredBy: [ROUTER] }],
      },
      devices: [{ name: ROUTER, kind: 'nft', config: { namespace: this.wired.router.name } }],
    }
    const use = [{ device: ROUTER, as: 'acl' }]
    this.wired.configure(config, [{ name: 'departments', when: { target: ['department'] }, use }])
  }

  start(): Promise<Controller> {
    return this.wired.start(ROUTER)
  }

  mark(): number {
    return this.#probes[0]?.mark() ?? 0
  }

  /** Everybody asks everybody. @returns those whose question did not fare as it should, by family and nodes */
  async surprises(department: 'open' | 'blocked'): Promise<string[]> {
    const isOpen = (from: string, to: string): boolean => department === 'open' || passes(from, to)
    const reached = (await this.#echoes?.reached(isOpen)) ?? new Map<string, string>()
    return [...reached].flatMap(([pair, heard]) => {
      const [from = '', to = ''] = pair.slice(2).split('>')
      return heard === (isOpen(from, to) ? 'answered' : 'nothing') ? [] : [`${pair}: ${heard}`]
    })
  }

  /** Connections of the department, and packets from outside, that did not fare as they should. */
  async controlSurprises(department: 'open' | 'blocked'): Promise<unknown[]> {
    const reached = await connections(this.wired, 'physics')
    const wrong = Object.entries(ONLY_BGP).filter(
      ([what, blocked]) => reached[what] !== (department === 'open' ? 'open' : blocked),
    )
    const crossed = this.#crafter === undefined ? [] : await crossing(this.#crafter, department)
    return [...wrong.map(([what]) => `${what}: ${reached[what]}`), ...crossed]
  }

  /** The router forgets who has which address on its ports, as it does by itself after a while. */
  forgetNeighbours(): void {
    this.wired.router.run('ip', 'neighbour', 'flush', 'all')
  }

  /** Resolves once nothing passes between department and outside. @returns when the last packet was sent */
  async stopped(after: number): Promise<number> {
    const all = await this.#ofDepartment((probe, flow) => probe.stopped(flow, { after, quietMs: 100 }))
    return Math.max(...all.map(({ lastThrough }) => lastThrough.sentAt))
  }

  /** Resolves once all passes again, both ways, in both families. @returns when the first packet of the last arrived */
  async resumed(after: number): Promise<number> {
    const all = await this.#ofDepartment((probe, flow) => probe.resumed(flow, { after }))
    return Math.max(...all.map(({ firstBack }) => firstBack.receivedAt))
  }

  #ofDepartment<T>(ask: (probe: Probe, flow: string) => Promise<T>): Promise<T[]> {
    return Promise.all(
      [INWARD, OUTWARD].flatMap((flows, at) => {
        const probe = this.#probes[at]
        if (probe === undefined) throw new Error('the site was not raised')
        return named(flows)
          .slice(0, 2)
          .map((flow) => ask(probe, flow))
      }),
    )
  }

  /** Packets between those who are not blocked, or to the resolver, that no slow receiver explains. */
  lost(): string[] {
    return this.#probes
      .flatMap((probe) => probe.neighbourGaps())
      .filter(({ missing, droppedByReceiver }) => missing > droppedByReceiver)
      .map(({ flow, missing }) => `${flow} lost ${missing}`)
  }

  async dispose(): Promise<void> {
    for (const probe of this.#probes) await probe.stop()
    await this.#crafter?.stop()
    await this.wired.dispose()
  }
}

/** Whom a block of physics leaves alone: those who are none of it, and what it still reaches. */
function passes(from: string, to: string): boolean {
  const ends = [from, to]
  return ends.every((end) => !BLOCKED.includes(end)) || ends.some((end) => REACHABLE.includes(end))
}
