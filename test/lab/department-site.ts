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
/** The hosts that a block of each department is about. */
export const DEPARTMENTS = { physics: ['physics', 'optics'], optics: ['optics'] } as const
/** The department that is blocked, if one is. */
type Blocked = keyof typeof DEPARTMENTS | undefined
const REACHABLE = ['resolver', 'portal']

const bothFamilies = (to: string, hz: number): Flow[] =>
  ([4, 6] as const).map((family) => ({ name: `${to}-${family}`, to, family, port: 9001, hz }))

const HZ = 1_000
/** From outside to the department and its part, and to the neighbour; from physics to the outside, and to the resolver. */
const FLOWS = {
  outside: [...['physics', 'optics'].flatMap((to) => bothFamilies(to, HZ)), ...bothFamilies('library', 250)],
  physics: [...bothFamilies('outside', HZ), ...bothFamilies('resolver', 250)],
} as const
const SENDERS = ['outside', 'physics'] as const
/** Those that must never stop. */
const neighboursAmong = (flows: readonly Flow[]): string[] =>
  flows.filter(({ hz }) => hz !== HZ).map(({ name }) => name)

/** A Linux router between a department, the rest of its campus and the outside, and a controller for it. */
export class DepartmentSite {
  readonly wired = new WiredSite()
  #echoes: Echoes | undefined
  readonly #probes = new Map<(typeof SENDERS)[number], Probe>()
  #crafter: Crafter | undefined

  static async raise(): Promise<DepartmentSite> {
    const site = new DepartmentSite()
    try {
      for (const [name, network] of Object.entries(NODES)) site.wired.attach(name, network)
      site.#configure()
      await listen(site.wired)
      site.#crafter = await startCrafter(site.wired, { from: 'outside', to: 'physics', beside: 'library' })
      site.#echoes = await Echoes.start(site.wired, NAMES)
      for (const from of SENDERS) {
        const options = { from, flows: FLOWS[from], neighbours: neighboursAmong(FLOWS[from]) }
        site.#probes.set(from, await startProbe(site.wired, options))
      }
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
    return this.#probe('outside').mark()
  }

  /** Everybody asks everybody. @returns those whose question did not fare as it should, by family and nodes */
  async surprises(blocked: Blocked): Promise<string[]> {
    const isOpen = (from: string, to: string): boolean => passes(blocked, from, to)
    const reached = (await this.#echoes?.reached(isOpen)) ?? new Map<string, string>()
    return [...reached].flatMap(([pair, heard]) => {
      const [from = '', to = ''] = pair.slice(2).split('>')
      return heard === (isOpen(from, to) ? 'answered' : 'nothing') ? [] : [`${pair}: ${heard}`]
    })
  }

  /** Connections of the department, and packets from outside, that did not fare as they should. */
  async controlSurprises(physics: 'open' | 'blocked'): Promise<unknown[]> {
    const reached = await connections(this.wired, 'physics')
    const wrong = Object.entries(ONLY_BGP).filter(
      ([what, blocked]) => reached[what] !== (physics === 'open' ? 'open' : blocked),
    )
    const crossed = this.#crafter === undefined ? [] : await crossing(this.#crafter, physics)
    return [...wrong.map(([what]) => `${what}: ${reached[what]}`), ...crossed]
  }

  /** The router forgets who has which address on its ports, as it does by itself after a while. */
  forgetNeighbours(): void {
    this.wired.router.run('ip', 'neighbour', 'flush', 'all')
  }

  /** Resolves once nothing passes between a department and the outside. @returns when the last packet was sent */
  async stopped(department: keyof typeof DEPARTMENTS, after: number): Promise<number> {
    const all = await this.#flowsOf(department, (probe, flow) => probe.stopped(flow, { after, quietMs: 100 }))
    return Math.max(...all.map(({ lastThrough }) => lastThrough.sentAt))
  }

  /** Resolves once all passes again, both ways, in both families. @returns when the first packet of the last arrived */
  async resumed(department: keyof typeof DEPARTMENTS, after: number): Promise<number> {
    const all = await this.#flowsOf(department, (probe, flow) => probe.resumed(flow, { after }))
    return Math.max(...all.map(({ firstBack }) => firstBack.receivedAt))
  }

  #flowsOf<T>(
    department: keyof typeof DEPARTMENTS,
    ask: (probe: Probe, flow: string) => Promise<T>,
  ): Promise<T[]> {
    const hosts: readonly string[] = DEPARTMENTS[department]
    return Promise.all(
      SENDERS.flatMap((from) =>
        FLOWS[from]
          .filter(({ to }) => hosts.includes(from) !== hosts.includes(to))
          .filter(({ hz }) => hz === HZ)
          .map(({ name }) => ask(this.#probe(from), name)),
      ),
    )
  }

  #probe(from: (typeof SENDERS)[number]): Probe {
    const probe = this.#probes.get(from)
    if (probe === undefined) throw new Error('the site was not raised')
    return probe
  }

  /** Packets between those who are not blocked, or to the resolver, that no slow receiver explains. */
  lost(): string[] {
    return [...this.#probes.values()]
      .flatMap((probe) => probe.neighbourGaps())
      .filter(({ missing, droppedByReceiver }) => missing > droppedByReceiver)
      .map(({ flow, missing }) => `${flow} lost ${missing}`)
  }

  async dispose(): Promise<void> {
    for (const probe of this.#probes.values()) await probe.stop()
    await this.#crafter?.stop()
    await this.wired.dispose()
  }
}

/** Whom a block leaves alone: those who are none of the department, and what it still reaches. */
function passes(blocked: Blocked, from: string, to: string): boolean {
  const ends = [from, to]
  const hosts: readonly string[] = blocked === undefined ? [] : DEPARTMENTS[blocked]
  return ends.every((end) => !hosts.includes(end)) || ends.some((end) => REACHABLE.includes(end))
}
