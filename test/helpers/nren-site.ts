import { iosInterfaces } from '../../simulator/configured/ios/lab-start.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import type { ConnectionSite, DeviceSite } from '../../simulator/site.ts'
import { type Node, nodeOf, type Topology } from '../../simulator/topology.ts'
import { loginTo, RoutersSite, type RoutersSiteOptions } from './routers-site.ts'

export const EDGE = 'edge-ios'

/** Why there can be no such lab with a controller on this machine, or false: what `skip` of a test takes. */
export function noNrenSite(): string | false {
  return whyNoLab(['bird-router', 'gobgp-router', 'junos-router', 'ios-router', 'sshd']) ?? false
}

export interface NrenOptions extends Pick<RoutersSiteOptions, 'placements' | 'connected' | 'over'> {
  /** More of the configuration of every router that is logged in to. */
  readonly login?: Readonly<Record<string, unknown>>
  /** Devices beside them. */
  readonly more?: (lab: Lab) => readonly DeviceSite[]
}

/** Raises the research network, with a controller for the routers in it that are configured. */
export async function raiseNren(purpose: string, options: NrenOptions): Promise<RoutersSite> {
  const { login = {}, more = () => [], ...rest } = options
  return await RoutersSite.raise({
    ...{ ...rest, topology: 'nren', purpose },
    imports: (topology) => ({ core: interfacesOf(nodeOf(topology, 'core')) }),
    devices: async (lab) => [...(await devicesOf(lab, login)), ...more(lab)],
  })
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

interface ManagedRouter {
  readonly kind: string
  readonly config: object
}

const MANAGED: Readonly<Record<string, (lab: Lab) => ManagedRouter>> = {
  core: () => ({
    kind: 'netconf',
    config: { driver: 'junos', filterOn: ['to-border-bird.0', 'to-border-flow.0'] },
  }),
  [EDGE]: ({ topology }) => ({
    kind: 'ssh-cli',
    config: {
      driver: 'ios',
      filterOn: [iosNameOf(nodeOf(topology, EDGE), 'to-core')],
      interfaces: [laboratoryPort(topology)],
    },
  }),
  dept: () => ({ kind: 'nft', config: {} }),
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

async function devicesOf(lab: Lab, more: Readonly<Record<string, unknown>>): Promise<DeviceSite[]> {
  const devices = Object.entries(MANAGED).map(async ([name, router]) => {
    const { kind, config } = router(lab)
    const login = await loginTo(lab, name)
    return { name, kind, config: kind === 'nft' ? { ssh: login } : { ...login, ...config, ...more } }
  })
  return await Promise.all(devices)
}
