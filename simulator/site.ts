import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { Lab } from './lab-handle.ts'
import { nodeOf, sessionsOf } from './topology.ts'

/** The example site as it stands in `sites/memory.yaml`. */
interface Site {
  listen: Record<string, unknown>
  ledger: Record<string, unknown>
  runtimeFolder: string
  placements: string
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

/** Writes a configuration for the example site on the routers of a lab, and returns its path. */
export function writeLabSite(lab: Lab, options: SiteOptions): string {
  const socket = lab.socketPath('api.sock')
  const listen = { host: '127.0.0.1', port: options.port, socket }
  const runtimeFolder = join(lab.runtimeFolder, 'cordon')
  return write(options, { ...basis(options), listen, runtimeFolder, devices: labDevices(lab) })
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

/** The devices of a topology's example site, by the topology's name. */
const DEVICES: Readonly<Record<string, (lab: Lab) => unknown[]>> = {
  campus: (lab) => [
    speakerOf(lab, 'border-bird', ['border-bird']),
    { name: 'border-linux', kind: 'nft', config: { namespace: lab.namespaceOf('border-linux') } },
  ],
  // two speakers: one offers flow only where all of its neighbours take it
  backbone: (lab) => [
    speakerOf(lab, 'rtbh', ['border-bird', 'border-frr']),
    speakerOf(lab, 'flow', ['border-flow'], { flow: true }),
  ],
}

function labDevices(lab: Lab): unknown[] {
  const devices = DEVICES[lab.topology.name]
  if (devices) return devices(lab)
  throw new Error(`no example site for the topology ${lab.topology.name}`)
}

/** An ExaBGP in `mgmt` that speaks to some of the lab's routers, with what can watch them. */
function speakerOf(
  lab: Lab,
  name: string,
  routers: readonly string[],
  { session = 'speaker', flow = false } = {},
): unknown {
  const neighbours = routers.map((router) => neighbourOf(lab, router, session, flow))
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
    enforcers: routers.flatMap((router) => enforcerOf(lab, router, session)),
  }
}

function neighbourOf(lab: Lab, router: string, session: string, flow: boolean) {
  const found = sessionsOf(lab.topology, router).find(({ name }) => name === session)
  if (!found) throw new Error(`${router} has no session called ${session}`)
  const localAs = found.peerAsn
  const peerAs = nodeOf(lab.topology, router).bgp?.asn
  return {
    name: router,
    address: found.own,
    localAddress: found.peer,
    localAs,
    peerAs,
    ...(flow ? { flow } : {}),
  }
}

/** Only what has a witness: an enforcer without one would never be seen to hold anything. */
function enforcerOf(lab: Lab, router: string, session: string): unknown[] {
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
