import { isIP } from 'node:net'
import { type Static, Type } from 'typebox'
import { switchesOf } from '../configured/listed-switches.ts'
import { configuredSchema, DEFAULT_MAX_ENTRIES, whyNoLogin } from '../configured/login.ts'
import type { CliDriver } from './driver.ts'
import { frrDriver } from './drivers/frr.ts'
import { iosDriver } from './drivers/ios.ts'

/** Of our routes on an FRR, unless the site has another use for it. */
const DEFAULT_TAG = 911_000

/** What only some of the drivers are told. */
interface DriverSettings {
  readonly tag?: number
}

/** The command lines, by the name that `driver` has in the configuration: a line each. */
const DRIVERS = {
  ios: () => iosDriver,
  frr: ({ tag }) => frrDriver(tag ?? DEFAULT_TAG),
} satisfies Record<string, (config: DriverSettings) => CliDriver>

type DriverName = keyof typeof DRIVERS

const names = (pattern: string, description: string) =>
  Type.Optional(Type.Array(Type.String({ pattern }), { uniqueItems: true, maxItems: 500, description }))

/** A device's `config` in cordon.yaml. */
export const sshCliSchema = configuredSchema({
  driver: Type.Enum(Object.keys(DRIVERS) as DriverName[], {
    description: 'The command line that the device has.',
  }),
  enable: Type.Optional(
    Type.String({
      pattern: '^(file|env):.+$',
      description: 'The secret that `enable` asks for: file:PATH or env:NAME.',
    }),
  ),
  filterOn: names(
    '^[A-Za-z][A-Za-z0-9/.:-]{0,63}$',
    'Interfaces whose incoming packets meet our filters: provisioning puts them there.',
  ),
  interfaces: names(
    '^[A-Za-z][A-Za-z0-9_/.:-]{0,63}$',
    'Interfaces that Cordon may ever put down, as the configuration names them; never the one by which it logs in.',
  ),
  neighbours: names(
    '^[0-9A-Fa-f.:]{2,45}$',
    'BGP neighbours that Cordon may ever put down, by their addresses.',
  ),
  tag: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 4_294_967_294,
      description:
        'frr: what marks our routes; the number behind it marks those to outside hosts. 911000 if left out.',
    }),
  ),
  save: Type.Optional(
    Type.Union([Type.Literal('never'), Type.Literal('after-change')], {
      description:
        'Whether the whole configuration is kept for a restart after each change (`write memory`); never if left out.',
    }),
  ),
})

export type SshCliConfig = Static<typeof sshCliSchema>

export function driverOf(config: SshCliConfig): CliDriver {
  return DRIVERS[config.driver](config)
}

export function maxEntriesOf({ maxEntries }: SshCliConfig): number {
  return maxEntries ?? DEFAULT_MAX_ENTRIES
}

export function whyUnusable(config: SshCliConfig): string | undefined {
  if (config.driver !== 'frr' && config.tag !== undefined) return 'only routes of an frr have a tag'
  if (driverOf(config).provision === undefined && config.filterOn !== undefined)
    return `an ${config.driver} has no filters`
  if (config.save !== undefined && driverOf(config).way.save === undefined)
    return `an ${config.driver} keeps every change by itself: leave out save`
  const wrong = (config.neighbours ?? []).find((name) => isIP(name) === 0)
  if (wrong !== undefined) return `${wrong} is no neighbour: write its address`
  if (driverOf(config).switches === undefined && switchesOf(config).length > 0)
    return `an ${config.driver} cannot put interfaces or neighbours down`
  return whyNoLogin(config)
}
