import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { frrFolder } from './engine/router-command.ts'
import type { LabPlan } from './lab-plan.ts'
import { nodeOf, sessionsOf } from './topology.ts'

/** The example site as it stands in `sites/memory.yaml`. */
interface Site {
  listen: Record<string, unknown>
  ledger: Record<string, unknown>
  runtimeFolder: string
  placements: string
  site: { protected: { prefix: string; name: string }[]; ingress: unknown[]; [field: string]: unknown }
  devices: readonly unknown[]
  [field: string]: unknown
}

export interface SiteOptions {
  /** The folder for the configuration, the ledger and what else is kept. */
  readonly folder: string
  readonly placements: string
  /** The folder of the policies; none unless told. */
  readonly policies?: string
  /** The folder of the advice texts; none unless told. */
  readonly advice?: string
  readonly port: number
  /** In place of those of the topology's example site. */
  readonly devices?: readonly DeviceSite[]
  /** Sites that are connected through the lab's routers. */
  readonly connections?: readonly ConnectionSite[]
  /** Changes that a test needs, over everything else. */
  readonly over?: Readonly<Record<string, unknown>>
}

export interface ConnectionSite {
  readonly name: string
  readonly prefixes: readonly string[]
  readonly attachments: readonly {
    readonly router: string
    readonly interface: string
    readonly neighbour: string
  }[]
}

/** Writes a configuration for the example site on devices in memory, and returns its path. */
export function writeMemorySite(options: SiteOptions): string {
  return write(options, { ...basis(options), runtimeFolder: join(options.folder, 'run') })
}

/** Writes a configuration for the example site on the routers of a lab, raised or not, and returns its path. */
export function writeLabSite(lab: LabPlan, options: SiteOptions): string {
  const socket = lab.socketPath('api.sock')
  const listen = { host: '127.0.0.1', port: options.port, socket }
  const runtimeFolder = join(lab.runtimeFolder, 'cordon')
  const plain = basis(options)
  const devices = options.devices ?? labDevices(lab)
  const site = { ...siteOf(lab, plain.site, devices), connections: options.connections ?? [] }
  return write(options, { ...plain, listen, runtimeFolder, site, devices })
}

/** What the routers' own bounds leave out is protected, and any of the devices stops what comes from outside. */
function siteOf(
  lab: LabPlan,
  site: Site['site'],
  devices: readonly { readonly name: string }[],
): Site['site'] {
  const never = [...lab.topology.nodes.values()].flatMap(({ bgp }) => bgp?.never ?? [])
  return {
    ...site,
    protected: [...new Set(never)].map((prefix) => ({ prefix, name: 'routers and management' })),
    ingress: [{ name: 'upstream', coveredBy: devices.map(({ name }) => name) }],
  }
}

function basis({ folder, placements, policies, advice, port }: SiteOptions): Site {
  const site = parse(readFileSync(join(import.meta.dirname, 'sites', 'memory.yaml'), 'utf8')) as Site
  return {
    ...site,
    listen: { host: '127.0.0.1', port },
    ledger: { folder: join(folder, 'ledger') },
    placements,
    ...(policies === undefined ? {} : { policies }),
    ...(advice === undefined ? {} : { advice }),
  }
}

/** A device of the configuration. */
export interface DeviceSite {
  readonly name: string
  readonly kind: string
  readonly config: unknown
  readonly enforcers?: readonly unknown[]
}

/** The devices of a topology's example site, by the topology's name. */
const DEVICES: Readonly<Record<string, (lab: LabPlan) => DeviceSite[]>> = {
  campus: (lab) => [
    speakerOf(lab, { name: 'border-bird', routers: ['border-bird'] }),
    { name: 'border-linux', kind: 'nft', config: { namespace: lab.namespaceOf('border-linux') } },
  ],
  backbone: (lab) => [
    speakerOf(lab, { name: 'core', routers: ['border-bird', 'border-frr', 'border-flow'] }),
  ],
}

function labDevices(lab: LabPlan): DeviceSite[] {
  const devices = DEVICES[lab.topology.name]
  if (devices) return devices(lab)
  throw new Error(`no example site for the topology ${lab.topology.name}`)
}

export interface SpeakerOptions {
  readonly name: string
  readonly routers: readonly string[]
  /** As the routers call it; `speaker` unless told. */
  readonly session?: string
  /** More of a router's neighbour settings, by the router's name. */
  readonly over?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly scopes?: readonly string[]
}

/** An ExaBGP in `mgmt` that speaks to some of the lab's routers, with what can watch them. */
export function speakerOf(lab: LabPlan, options: SpeakerOptions): DeviceSite {
  const { name, routers, session = 'speaker', over = {}, scopes = ['local'] } = options
  const neighbours = routers.map((router) => ({ ...neighbourOf(lab, router, session), ...over[router] }))
  const scope = { communities: ['65535:666', 'no-export'], nextHop4: '192.0.2.1', nextHop6: '100::1' }
  return {
    name,
    kind: 'exabgp',
    config: {
      routerId: neighbours[0]?.localAddress,
      neighbours,
      marking: '65010:911',
      scopes: Object.fromEntries(scopes.map((one) => [one, scope])),
    },
    enforcers: routers.map((router) => enforcerOf(lab, router, session)),
  }
}

/** What `cordon provision bgp` has words for. */
const PLATFORMS: Readonly<Record<string, string>> = { 'bird-router': 'bird', 'frr-router': 'frr' }

/** Flow specification only where it is enforced: in BIRD's tables it would stop nothing. */
function neighbourOf(lab: LabPlan, router: string, session: string) {
  const { own, peer, peerAsn } = sessionOf(lab, router, session)
  const { kind, bgp } = nodeOf(lab.topology, router)
  const flow = kind === 'gobgp-router' ? ['ipv4 flow', 'ipv6 flow'] : []
  const platform = PLATFORMS[kind]
  return {
    name: router,
    address: own,
    localAddress: peer,
    localAs: peerAsn,
    peerAs: bgp?.asn,
    families: ['ipv4 unicast', 'ipv6 unicast', ...flow],
    session,
    ...(platform === undefined ? {} : { platform }),
  }
}

function sessionOf(lab: LabPlan, router: string, session: string) {
  const found = sessionsOf(lab.topology, router).find(({ name }) => name === session)
  if (!found) throw new Error(`${router} has no session called ${session}`)
  return found
}

/**
 * BIRD and FRR are asked, GoBGP tells by BMP; for a second speaker it has no collector. FRR's BMP leaves out a route
 * whose next hop was not known when it came, which is so for the first one.
 */
function enforcerOf(lab: LabPlan, router: string, session: string): unknown {
  const { kind, bgp } = nodeOf(lab.topology, router)
  const { own, peer } = sessionOf(lab, router, session)
  switch (kind) {
    case 'bird-router':
      return { name: router, witness: { kind: 'bird', config: { socket: lab.birdSocket(router) } } }
    case 'frr-router': {
      const vtyDir = frrFolder(lab.runtimeFolder, router)
      return { name: router, witness: { kind: 'frr', config: { vtyDir } } }
    }
    default: {
      if (bgp?.bmp === undefined || session !== 'speaker') return { name: router }
      const listen = { address: peer, port: bgp.bmp.port }
      const config = { listen, from: own, speakers: [peer], marking: '65010:911', flow: true }
      return { name: router, witness: { kind: 'bmp', config } }
    }
  }
}

function write({ folder, over }: SiteOptions, site: Site): string {
  const path = join(folder, 'cordon.yaml')
  writeFileSync(
    path,
    `# Written anew at every start of the example site.\n${stringify({ ...site, ...over })}`,
  )
  return path
}
