import { AdapterError, type ProvisionedRouter } from '../../../adapters/adapter.ts'
import { allAdapters, allWitnesses } from '../../../adapters/index.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { ConfigError, problemText } from '../../config/yaml-file.ts'
import type { Device } from '../../inventory/inventory.ts'
import { usage } from '../exit.ts'

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
  const device = config.inventory.devices.get(name)
  if (device === undefined)
    throw usage(`there is no device '${name}'; known: ${[...config.inventory.devices.keys()].join(', ')}`)
  const routers = routersOf(device, config)
  const wanted = routers.filter(({ router }) => wish.router === undefined || router === wish.router)
  if (wanted.length === 0)
    throw usage(
      `${name} speaks to no router '${wish.router}'; known: ${routers.map(({ router }) => router).join(', ')}`,
    )
  return wanted.map((router) => textOf(router, wish.platform))
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
