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
  /** A folder of policies. */
  readonly policies?: string
}

/** The one name of the device where there is only one. */
export const SPEAKER = 'speaker'

/** Three devices in memory, each of which filters every blocked host. */
export function threeMemoryDevices(folder: string, ledger: Wanted['ledger'] = {}, policies?: string): Site {
  const devices = ['edge-1', 'edge-2', 'edge-3'].map((name) => ({ name, kind: 'memory' }))
  return writeSite(folder, { devices, as: 'acl', ledger, ...(policies === undefined ? {} : { policies }) })
}

/** One ExaBGP that discards traffic to own hosts. */
export function oneSpeaker(folder: string, config: unknown, policies?: string): Site {
  const devices = [{ name: SPEAKER, kind: 'exabgp', config }]
  return writeSite(folder, { devices, as: 'd-rtbh', ...(policies === undefined ? {} : { policies }) })
}

const MANY = { active: 10_000_000 }
const FAST = {
  ...{ perMinute: 1e7, perHour: 1e7, allPerMinute: 1e7, allPerHour: 1e7 },
  ...{ hosts: 1e7, allHosts: 1e7, departmentHosts: 1e7, departmentShare: 1 },
}

/** Everything else is as it comes; only the limits are raised, which exist to keep people from doing this. */
function writeSite(folder: string, { devices, as, ledger = {}, policies }: Wanted): Site {
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
          { name: 'physics', prefixes: ['10.0.0.0/12'], users: 40_000_000 },
          { name: 'history', prefixes: ['10.16.0.0/12'], users: 40_000_000 },
        ],
        protected: [{ prefix: '10.255.255.0/24', name: 'routers and management' }],
        ingress: [{ name: 'upstream', coveredBy: names }],
      },
      devices,
      limits: {
        roles: { analyst: MANY, trigger: { ...MANY, departmentShare: 1 } },
        breaker: FAST,
        wide: { ownHostsInADay: 1e9 },
      },
      ...(policies === undefined ? {} : { policies }),
    }),
  )
  return { folder, config, socket: join(folder, 'api.sock'), accessFile: join(folder, 'access.json') }
}
