import { type Static, Type } from 'typebox'
import { configuredSchema, DEFAULT_MAX_ENTRIES, whyNoLogin } from '../configured/login.ts'
import type { NetconfDriver } from './driver.ts'
import { ietfAclDriver } from './drivers/ietf-acl.ts'
import { junosDriver } from './drivers/junos.ts'

/** A device's `config` in cordon.yaml. */
export const netconfSchema = configuredSchema({
  driver: Type.Union([Type.Literal('junos'), Type.Literal('ietf-acl')], {
    description: 'The data model that the device is configured by.',
  }),
})

export type NetconfConfig = Static<typeof netconfSchema>

const DRIVERS: Readonly<Record<NetconfConfig['driver'], NetconfDriver>> = {
  junos: junosDriver,
  'ietf-acl': ietfAclDriver,
}

export function driverOf({ driver }: NetconfConfig): NetconfDriver {
  return DRIVERS[driver]
}

export function maxEntriesOf({ maxEntries }: NetconfConfig): number {
  return maxEntries ?? DEFAULT_MAX_ENTRIES
}

export function whyUnusable(config: NetconfConfig): string | undefined {
  return whyNoLogin(config)
}
