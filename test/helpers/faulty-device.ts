import type { Static, TSchema } from 'typebox'
import { type Adapter, type AdapterEnv, AdapterError, type Session } from '../../adapters/adapter.ts'
import type { MemoryDevice } from '../../adapters/memory/device.ts'
import { createMemoryAdapter } from '../../adapters/memory/index.ts'
import type { Clock } from '../../src/domain/clock.ts'
import type { Faults } from './faults.ts'
import { FaultySession } from './faulty-session.ts'
import { chance, pick, type Random, seeded } from './random.ts'

/** Memory devices that go wrong, by one seed. */
export interface FaultyDevices {
  /** To be registered in place of `memory`; takes the same config. */
  readonly adapter: Adapter
  /** What each device truly holds, by its name. */
  readonly devices: Map<string, MemoryDevice>
  /** Ends all trouble from now on, so that a simulation can check that everything comes right. */
  calm(): void
  /** Lets trouble begin anew. */
  trouble(faults: Faults): void
  /** Starts drift on the devices there are; it goes on until calm. */
  drift(clock: Clock): void
}

/** Each device draws from a stream of its own, so that devices do not disturb each other's history. */
export function faultyDevices(seed: number, initial: Faults): FaultyDevices {
  const devices = new Map<string, MemoryDevice>()
  const inner = createMemoryAdapter(devices)
  const streams = new Map<string, Random>()
  const world: World = { faults: initial, sessions: new Set() }
  const streamOf = (name: string): Random => {
    const stream = streams.get(name) ?? seeded(`${seed} ${name}`)
    streams.set(name, stream)
    return stream
  }
  return {
    adapter: faultyAdapter(inner, world, streamOf),
    devices,
    calm: () => {
      world.faults = {}
    },
    trouble: (faults) => {
      world.faults = faults
    },
    drift: (clock) => driftOn(clock, devices, world, streamOf),
  }
}

/** What all sessions share; the faults change while they run. */
interface World {
  faults: Faults
  readonly sessions: Set<FaultySession>
}

function faultyAdapter<S extends TSchema>(
  inner: Adapter<S>,
  world: World,
  streamOf: (name: string) => Random,
): Adapter<S> {
  return {
    kind: inner.kind,
    configSchema: inner.configSchema,
    capabilities: (config) => inner.capabilities(config),
    async open(config: Static<S>, env: AdapterEnv): Promise<Session> {
      const random = streamOf(env.device)
      if (chance(random, world.faults.openFails ?? 0)) {
        throw new AdapterError(
          pick(random, ['unreachable', 'timeout', 'busy'] as const) ?? 'busy',
          'no way in',
        )
      }
      const session = new FaultySession(await inner.open(config, env), env, random, () => world.faults)
      world.sessions.add(session)
      session.whenClosed(() => world.sessions.delete(session))
      return session
    },
  }
}

function driftOn(
  clock: Clock,
  devices: ReadonlyMap<string, MemoryDevice>,
  world: World,
  streamOf: (name: string) => Random,
): void {
  const every = world.faults.driftEveryMs
  if (every === undefined) return
  clock.after(every, () => {
    for (const [name, device] of devices) {
      const told = driftOnce(device, world.faults, streamOf(name))
      if (!told) continue
      for (const session of world.sessions) if (session.device === name) session.tell('something changed')
    }
    driftOn(clock, devices, world, streamOf)
  })
}

/** Whether the device tells of what has happened to it. */
function driftOnce(device: MemoryDevice, faults: Faults, random: Random): boolean {
  let changed = false
  if (chance(random, faults.vanishes ?? 0)) {
    const victim = pick(random, [...device.rules.keys()])
    changed = victim !== undefined && device.rules.delete(victim)
  }
  if (chance(random, faults.foreignAppears ?? 0)) {
    device.foreign.set(`foreign ${device.foreign.size}`, 'put there by hand')
    changed = true
  }
  if (chance(random, faults.restarts ?? 0)) {
    device.rules.clear()
    device.cut('the device restarts')
  }
  return changed && chance(random, faults.tells ?? 0)
}
