import { canonical } from '../inventory/canonical.ts'
import type { FixedConfig } from './load.ts'

const PARTS = [
  'listen',
  'ledger',
  'runtimeFolder',
  'accessFile',
  'logLevel',
  'placements',
  'policies',
  'advice',
  'letters',
  'mappings',
  'sources',
  'bindings',
  'limits',
  'syslog',
  'pager',
  'mail',
  'webhooks',
  'listeners',
  'login',
  'crowdsec',
  'statistics',
  'retention',
] as const satisfies readonly (keyof FixedConfig)[]

/**
 * What a controller that runs with `before` cannot take over from `after` without a restart, as fields of the
 * configuration: `listen`, `devices.edge`. Contents of files that only devices read, such as keys, are not compared.
 */
export function whatNeedsRestart(before: FixedConfig, after: FixedConfig): string[] {
  const parts = PARTS.filter((part) => canonical(before[part]) !== canonical(after[part]))
  const [old, fresh] = [before, after].map(
    ({ devices }) => new Map(devices.map((device) => [device.name, canonical(device)])),
  )
  const names = new Set([...(old?.keys() ?? []), ...(fresh?.keys() ?? [])])
  const devices = [...names].filter((name) => old?.get(name) !== fresh?.get(name)).sort()
  return [...parts, ...devices.map((name) => `devices.${name}`)]
}
