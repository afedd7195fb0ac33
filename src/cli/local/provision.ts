import {
  type Adapter,
  AdapterError,
  type Installed,
  type ProvisionedRouter,
} from '../../../adapters/adapter.ts'
import { allAdapters, allWitnesses } from '../../../adapters/index.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { readSecret } from '../../config/secret.ts'
import { ConfigError, problemText } from '../../config/yaml-file.ts'
import { SILENT } from '../../domain/log.ts'
import type { Device } from '../../inventory/inventory.ts'
import { steadyClock } from '../../obs/clock.ts'
import { CliError, EXIT, usage } from '../exit.ts'

export interface ProvisionWish {
  readonly router?: string
  /** For routers whose platform the configuration does not say, and in place of what it says. */
  readonly platform?: string
}

export interface RouterText {
  readonly router: string
  readonly platform: string
  readonly text: string
}

/** What the routers of a device should be told so that they bound it. @throws CliError with what was wrong */
export async function provisionBgp(path: string, name: string, wish: ProvisionWish): Promise<RouterText[]> {
  const config = await load(path)
  const { device, adapter } = deviceIn(config, name)
  if (adapter?.install !== undefined)
    throw usage(`${name} is of the kind ${device.kind}, which speaks to no routers by BGP: provision device`)
  const routers = routersOf(device, config)
  const wanted = routers.filter(({ router }) => wish.router === undefined || router === wish.router)
  if (wanted.length === 0)
    throw usage(
      `${name} speaks to no router '${wish.router}'; known: ${routers.map(({ router }) => router).join(', ')}`,
    )
  return wanted.map((router) => textOf(router, wish.platform))
}

/** What a device that is configured should have before it can be used. @throws CliError with what was wrong */
export async function provisionDevice(path: string, name: string): Promise<RouterText[]> {
  const config = await load(path)
  const { device } = configuredIn(config, name)
  return routersOf(device, config).map((router) => textOf(router, undefined))
}

/** Puts on the device what is lacking there of that. @throws CliError with what was wrong, in the device's words */
export async function installOn(path: string, name: string, env: NodeJS.ProcessEnv): Promise<Installed> {
  const config = await load(path)
  const { device, install } = configuredIn(config, name)
  const given = {
    ...{ device: name, clock: steadyClock(), log: SILENT, runtimeFolder: config.runtimeFolder },
    secret: (reference: string) => readSecret(reference, env, config.folder),
    remember: () => Promise.reject(new Error('nothing is remembered without a controller')),
    recall: () => undefined,
  }
  try {
    return await install(device.config as never, given, new AbortController().signal)
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    throw new CliError(EXIT.failure, `${name}: ${error.class}: ${error.message}`)
  }
}

function configuredIn(
  config: LoadedConfig,
  name: string,
): { readonly device: Device; readonly install: NonNullable<Adapter['install']> } {
  const { device, adapter } = deviceIn(config, name)
  if (adapter?.install === undefined)
    throw usage(`${name} is of the kind ${device.kind}, which needs nothing of the sort`)
  return { device, install: adapter.install }
}

function deviceIn(
  { inventory }: LoadedConfig,
  name: string,
): { readonly device: Device; readonly adapter: Adapter | undefined } {
  const device = inventory.devices.get(name)
  if (device === undefined)
    throw usage(`there is no device '${name}'; known: ${[...inventory.devices.keys()].join(', ')}`)
  return { device, adapter: allAdapters().get(device.kind) }
}

async function load(path: string): Promise<LoadedConfig> {
  try {
    return await loadConfig(path, { adapters: allAdapters(), witnesses: allWitnesses() })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw usage([`${path} cannot be used:`, ...error.problems.map(problemText)].join('\n'))
  }
}

function routersOf(device: Device, { inventory }: LoadedConfig): readonly ProvisionedRouter[] {
  const adapter = allAdapters().get(device.kind)
  if (adapter?.provision === undefined)
    throw usage(`${device.name} is of the kind ${device.kind}, which speaks to no routers by BGP`)
  try {
    return adapter.provision(device.config as never, {
      device: device.name,
      own: [...inventory.own.entries()].map(([prefix]) => prefix),
      protected: [...inventory.protected.entries()].flatMap(([, entries]) => entries),
      urpf: device.urpf,
    })
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    throw usage(`${device.name}: ${error.message}`)
  }
}

function textOf({ router, platform, texts }: ProvisionedRouter, wished: string | undefined): RouterText {
  const known = [...texts.keys()].join(', ')
  const chosen = wished ?? platform
  if (chosen === undefined)
    throw usage(
      `nothing says what ${router} runs: give --platform, or the neighbour's 'platform' in the configuration; one of ${known}`,
    )
  const text = texts.get(chosen)
  if (text === undefined) throw usage(`there is no platform '${chosen}'; known: ${known}`)
  return { router, platform: chosen, text: text() }
}
