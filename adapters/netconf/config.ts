import { type Static, Type } from 'typebox'
import { switchesOf } from '../configured/listed-switches.ts'
import { configuredSchema, DEFAULT_MAX_ENTRIES, whyNoLogin } from '../configured/login.ts'
import type { NetconfDriver } from './driver.ts'
import { ietfAclDriver } from './drivers/ietf-acl.ts'
import { junosDriver } from './drivers/junos.ts'

const NAME = '^[A-Za-z0-9_.:/%@+#,()~][A-Za-z0-9_.:/%@+#,()~-]{0,63}$'
const names = (description: string) =>
  Type.Optional(Type.Array(Type.String({ pattern: NAME }), { uniqueItems: true, maxItems: 500, description }))

/** The data models, by the name that `driver` has in the configuration: a line each. */
const DRIVERS = {
  junos: junosDriver,
  'ietf-acl': ietfAclDriver,
} satisfies Record<string, NetconfDriver>

type DriverName = keyof typeof DRIVERS

/** A device's `config` in cordon.yaml. */
export const netconfSchema = configuredSchema({
  driver: Type.Enum(Object.keys(DRIVERS) as DriverName[], {
    description: 'The data model that the device is configured by.',
  }),
  filterOn: names('Interfaces whose incoming packets meet our filters: provisioning puts them there.'),
  interfaces: names('Interfaces that Cordon may ever put down.'),
  neighbours: names('BGP neighbours that Cordon may ever put down; for Junos as GROUP/ADDRESS.'),
})

export type NetconfConfig = Static<typeof netconfSchema>

export function driverOf({ driver }: NetconfConfig): NetconfDriver {
  return DRIVERS[driver]
}

export function maxEntriesOf({ maxEntries }: NetconfConfig): number {
  return maxEntries ?? DEFAULT_MAX_ENTRIES
}

export function whyUnusable(config: NetconfConfig): string | undefined {
  const { switches, name } = driverOf(config)
  const wrong = switchesOf(config).flatMap((rule) =>
    switches?.kinds.includes(rule.kind)
      ? (switches.whyNoName(rule.kind, rule.name) ?? [])
      : `the driver ${name} cannot put ${rule.name} down: it has ${switches?.kinds.join(', ') ?? 'no switches'}`,
  )
  return whyNoLogin(config) ?? wrong[0]
}
