import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { LabPlan } from './lab-plan.ts'
import { nodeOf, sessionsOf } from './topology.ts'

/** The example site as it stands in `sites/memory.yaml`. */
interface Site {
  listen: Record<string, unknown>
  ledger: Record<string, unknown>
  runtimeFolder: string
  placements: string
  site: Record<string, unknown>
  devices: unknown[]
  [field: string]: unknown
}

export interface SiteOptions {
  /** The folder for the configuration, the ledger and what else is kept. */
  readonly folder: string
  readonly placements: string
  readonly port: number
  /** Changes that a test needs, over everything else. */
  readonly over?: Readonly<Record<string, unknown>>
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
  const { devices, coveredBy } = labDevices(lab)
  const all = basis(options)
  const site = { ...all.site, ingress: [{ name: 'upstream', coveredBy }] }
  return write(options, { ...all, listen, runtimeFolder, site, devices })
}

function basis({ folder, placements, port }: SiteOptions): Site {
  const site = parse(readFileSync(join(import.meta.dirname, 'sites', 'memory.yaml'), 'utf8')) as Site
  return {
    ...site,
    listen: { host: '127.0.0.1', port },
    ledger: { folder: join(folder, 'ledger') },
    placements,
  }
}

interface LabDevices {
  readonly devices: unknown[]
  /** Those of which each alone covers the way in. */
  readonly coveredBy: readonly string[]
}

/** The devices of a topology's example site, by the topology's name. */
const DEVICES: Readonly<Record<string, (lab: LabPlan) => LabDevices>> = {
  campus: (lab) => ({
    devices: [
      speakerDevice(lab, 'border-bird', [{ router: 'border-bird' }]),
      { name: 'border-linux', kind: 'nft', config: { namespace: lab.namespaceOf('border-linux') } },
    ],
    coveredBy: ['border-bird', 'border-linux'],
  }),
  // two speakers: one offers flow only where all of its neighbours take it
  backbone: (lab) => ({
    devices: [
      speakerDevice(lab, 'rtbh', [{ router: 'border-bird' }, { router: 'border-frr' }]),
      speakerDevice(lab, 'flow', [{ router: 'border-flow', more: { families: ALL_FAMILIES } }]),
    ],
    coveredBy: ['rtbh', 'flow'],
  }),
}

export const ALL_FAMILIES = ['ipv4 unicast', 'ipv6 unicast', 'ipv4 flow', 'ipv6 flow']

function labDevices(lab: LabPlan): LabDevices {
  const devices = DEVICES[lab.topology.name]
  if (devices) return devices(lab)
  throw new Error(`no example site for the topology ${lab.topology.name}`)
}

interface Neighbour {
  readonly router: string
  /** Beside what the topology says. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** An ExaBGP in `mgmt` that speaks to some of the lab's routers, with what can watch them. */
export function speakerDevice(
  lab: LabPlan,
  name: string,
  routers: readonly Neighbour[],
  session = 'speaker',
): unknown {
  const neighbours = routers.map((one) => neighbourOf(lab, one, session))
  return {
    name,
    kind: 'exabgp',
    config: {
      routerId: neighbours[0]?.localAddress,
      neighbours,
      marking: '65010:911',
      scopes: {
        local: { communities: ['65535:666', 'no-export'], nextHop4: '192.0.2.1', nextHop6: '100::1' },
      },
    },
    enforcers: routers.flatMap(({ router }) => enforcerOf(lab, router, session)),
  }
}

/** What `cordon provision bgp` has words for. */
const PLATFORMS: Readonly<Record<string, string>> = { 'bird-router': 'bird', 'frr-router': 'frr' }

function neighbourOf(lab: LabPlan, { router, more }: Neighbour, session: string) {
  const found = sessionsOf(lab.topology, router).find(({ name }) => name === session)
  if (!found) throw new Error(`${router} has no session called ${session}`)
  const { kind, bgp } = nodeOf(lab.topology, router)
  const platform = PLATFORMS[kind]
  return {
    name: router,
    address: found.own,
    localAddress: found.peer,
    localAs: found.peerAsn,
    peerAs: bgp?.asn,
    session,
    ...(platform === undefined ? {} : { platform }),
    ...more,
  }
}

/** Only what has a witness: an enforcer without one would never be seen to hold anything. */
function enforcerOf(lab: LabPlan, router: string, session: string): unknown[] {
  const { kind } = nodeOf(lab.topology, router)
  if (kind !== 'bird-router') return []
  const config = { socket: lab.birdSocket(router), protocol: session }
  return [{ name: router, witness: { kind: 'bird', config } }]
}

function write({ folder, over }: SiteOptions, site: Site): string {
  const path = join(folder, 'cordon.yaml')
  writeFileSync(
    path,
    `# Written anew at every start of the example site.\n${stringify({ ...site, ...over })}`,
  )
  return path
}
