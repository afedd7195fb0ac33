import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { Lab } from './lab-handle.ts'

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

function labDevices(lab: Lab): unknown[] {
  const speaker = lab.addressOf('mgmt', 4)
  return [
    {
      name: 'border-bird',
      kind: 'exabgp',
      config: {
        routerId: speaker,
        neighbours: [
          {
            name: 'border-bird',
            address: neighbourOf(speaker),
            localAddress: speaker,
            localAs: 65_010,
            peerAs: 65_010,
          },
        ],
        marking: '65010:911',
        scopes: {
          local: { communities: ['65535:666', 'no-export'], nextHop4: '192.0.2.1', nextHop6: '100::1' },
        },
      },
      enforcers: [
        {
          name: 'border-bird',
          witness: { kind: 'bird', config: { socket: lab.birdSocket('border-bird'), protocol: 'speaker' } },
        },
      ],
    },
    { name: 'border-linux', kind: 'nft', config: { namespace: lab.namespaceOf('border-linux') } },
  ]
}

/** The other end of the /30 between the speaker and its router. */
function neighbourOf(address: string): string {
  const last = Number(address.slice(address.lastIndexOf('.') + 1))
  return `${address.slice(0, address.lastIndexOf('.'))}.${last % 4 === 1 ? last + 1 : last - 1}`
}

function write({ folder, over }: SiteOptions, site: Site): string {
  const path = join(folder, 'cordon.yaml')
  writeFileSync(
    path,
    `# Written anew at every start of the example site.\n${stringify({ ...site, ...over })}`,
  )
  return path
}
