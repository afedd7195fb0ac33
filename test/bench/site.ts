import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'

/** A configuration that was written, and where it has everything. */
export interface Site {
  readonly folder: string
  readonly config: string
  readonly socket: string
  readonly accessFile: string
}

interface Wanted {
  readonly devices: readonly { readonly name: string; readonly kind: string; readonly config?: unknown }[]
  readonly as: 'acl' | 'd-rtbh'
  readonly ledger?: Readonly<Record<string, unknown>>
}

/** The one name of the device where there is only one. */
export const SPEAKER = 'speaker'

/** Three devices in memory, each of which filters every blocked host. */
export function threeMemoryDevices(folder: string, ledger: Wanted['ledger'] = {}): Site {
  const devices = ['edge-1', 'edge-2', 'edge-3'].map((name) => ({ name, kind: 'memory' }))
  return writeSite(folder, { devices, as: 'acl', ledger })
}

/** One ExaBGP that discards traffic to own hosts. */
export function oneSpeaker(folder: string, config: unknown): Site {
  return writeSite(folder, { devices: [{ name: SPEAKER, kind: 'exabgp', config }], as: 'd-rtbh' })
}

/** Everything else is as it comes; only the limits are raised, which exist to keep people from doing this. */
function writeSite(folder: string, { devices, as, ledger = {} }: Wanted): Site {
  mkdirSync(folder, { recursive: true })
  const names = devices.map(({ name }) => name)
  const use = names.map((device) => ({ device, as }))
  writeFileSync(
    join(folder, 'placement.yaml'),
    stringify({ placements: [{ name: 'everywhere', when: {}, use }] }),
  )
  const config = join(folder, 'cordon.yaml')
  writeFileSync(
    config,
    stringify({
      listen: { host: '127.0.0.1', port: 0, socket: join(folder, 'api.sock') },
      ledger: { folder: join(folder, 'ledger'), ...ledger },
      runtimeFolder: join(folder, 'run'),
      placements: join(folder, 'placement.yaml'),
      site: {
        own: ['10.0.0.0/8'],
        departments: [
          { name: 'physics', prefixes: ['10.0.0.0/12'], users: 4_000 },
          { name: 'history', prefixes: ['10.16.0.0/12'], users: 900 },
        ],
        protected: [{ prefix: '10.255.255.0/24', name: 'routers and management' }],
        ingress: [{ name: 'upstream', coveredBy: names }],
      },
      devices,
      limits: { roles: { analyst: { active: 10_000_000 } } },
    }),
  )
  return { folder, config, socket: join(folder, 'api.sock'), accessFile: join(folder, 'access.json') }
}
