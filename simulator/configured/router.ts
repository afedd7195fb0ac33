import { setTimeout as pause } from 'node:timers/promises'
import { Control } from './control.ts'
import { type DataPlane, MemoryPlane } from './data-plane.ts'
import type { DeviceMaker, Ground } from './device.ts'
import { Enforcement } from './enforcement.ts'
import { Faults } from './faults.ts'
import { EMPTY_MODEL, type FilterModel } from './filters.ts'
import { type HostKey, hostKeyFrom, newHostKey } from './host-key.ts'
import type { LinkMemory } from './links.ts'
import { NftPlane } from './nft-plane.ts'
import { randomFrom } from './random.ts'
import { checkSettings, type RouterSettings } from './settings.ts'
import { SshServer } from './ssh-server.ts'

/** What a test may give in place of the machine's own. */
export interface RouterWorld {
  /** ms since 1970; left out: the wall clock */
  readonly now?: () => number
  /** left out: nobody hears what the router has to say */
  readonly log?: (line: string) => void
  /** what the router starts with from now on, in its own words; left out: it is kept in memory alone */
  readonly keep?: (configuration: string) => void
  /** which interfaces are shut, for the process after this one; left out: they stay shut when this one crashes */
  readonly links?: LinkMemory
  /** words that lead a command into the network namespace of the router; left out: it is this process's */
  readonly enter?: readonly string[]
}

/** A router that runs in this process, and what can be done to it. */
export interface RunningRouter {
  readonly port: number
  readonly hostKey: HostKey
  readonly control: Control
  /** Ends its sessions and takes its filters away. */
  stop(): Promise<void>
}

/** Boots a router. @throws when the settings or its configuration make no sense */
export async function startRouter(
  given: RouterSettings,
  make: DeviceMaker,
  world: RouterWorld = {},
): Promise<RunningRouter> {
  const settings = checkSettings(given)
  const plane = settings.plane === 'nft' ? await NftPlane.open(world.enter, world.links) : new MemoryPlane()
  try {
    return await boot(settings, make, plane, world)
  } catch (error) {
    await plane.close()
    throw error
  }
}

async function boot(
  settings: RouterSettings,
  make: DeviceMaker,
  plane: DataPlane,
  world: RouterWorld,
): Promise<RunningRouter> {
  const faults = new Faults()
  const enforcement = new Enforcement(plane, faults)
  const clock = world.now ?? Date.now
  let booted = clock()
  const ground: Ground = {
    name: settings.name,
    faults,
    random: randomFrom(settings.seed ?? 1),
    now: () => clock() + (faults.get('clock-offset')?.ms ?? 0),
    bootedAt: () => booted + (faults.get('clock-offset')?.ms ?? 0),
    enforce: (model) => enforcement.enforce(onLinux(model, settings.interfaces)),
    checkEdit: (model) => enforcement.checkEdit(model),
    keep: world.keep ?? (() => undefined),
    counters: () => plane.counters(),
    log: world.log ?? (() => undefined),
  }
  const device = make(ground, settings.options ?? {})
  const key = settings.hostKey === undefined ? newHostKey() : hostKeyFrom(settings.hostKey)
  const ssh = new SshServer({ host: '127.0.0.1', port: 0, ...settings }, key, faults, (channel) =>
    device.serve(channel),
  )
  await device.boot(settings.configuration)
  await ssh.listen()
  const reboot = async (configuration: string | undefined, downMs: number): Promise<void> => {
    await ssh.close()
    await enforcement.enforce(EMPTY_MODEL)
    await pause(downMs)
    booted = clock()
    await device.boot(configuration)
    await ssh.listen()
  }
  const control = new Control({ faults, device, ssh, plane, enforcement, reboot })
  return handleOf(ssh, plane, control)
}

function handleOf(ssh: SshServer, plane: DataPlane, control: Control): RunningRouter {
  return {
    get port() {
      return ssh.port
    },
    get hostKey() {
      return ssh.hostKey
    },
    control,
    async stop() {
      await ssh.close()
      await plane.close()
    },
  }
}

/** The data plane knows the interfaces by Linux's names. What it does not have, it cannot filter. */
function onLinux(model: FilterModel, names: Readonly<Record<string, string>> | undefined): FilterModel {
  if (names === undefined) return model
  return {
    ...model,
    attachments: model.attachments.flatMap((one) => {
      const name = names[one.interface]
      return name === undefined ? [] : [{ ...one, interface: name }]
    }),
    down: model.down.flatMap((name) => names[name] ?? []),
  }
}
