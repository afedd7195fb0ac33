import { MemoryPlane } from '../../data-plane.ts'
import type { Ground } from '../../device.ts'
import { Enforcement } from '../../enforcement.ts'
import { Faults } from '../../faults.ts'
import type { Packet } from '../../filters.ts'
import { randomFrom } from '../../random.ts'
import type { User } from '../cli.ts'
import { Session } from '../session.ts'
import { configLines } from '../show-config.ts'
import { IosSystem } from '../system.ts'

export const OUTSIDE = 'GigabitEthernet0/0/0'
export const INSIDE = 'GigabitEthernet0/0/1'
/** A Sunday. */
const NOON = Date.UTC(2026, 10, 22, 12, 0, 0, 5)

/** A router on the bench: without a network, and with a clock that stands still. */
export interface Bench {
  readonly system: IosSystem
  readonly faults: Faults
  readonly plane: MemoryPlane
  readonly ground: Ground
  log(): readonly string[]
  config(): string
  /** What the filters do with a packet from outside to inside. */
  isDropped(packet: Pick<Packet, 'source' | 'destination'> & Partial<Packet>): boolean
}

export function bench(name = 'r1'): Bench {
  const faults = new Faults()
  const plane = new MemoryPlane()
  const enforcement = new Enforcement(plane, faults)
  const ground: Ground = {
    name,
    faults,
    random: randomFrom(7),
    now: () => NOON,
    bootedAt: () => NOON - 3_600_000,
    enforce: (model) => enforcement.enforce(model),
    checkEdit: (model) => enforcement.checkEdit(model),
    keep: () => undefined,
    counters: () => plane.counters(),
    log: () => undefined,
  }
  const system = new IosSystem(ground, [OUTSIDE, INSIDE])
  const heard: string[] = []
  system.onLog((line) => heard.push(line))
  return {
    ...{ system, faults, plane, ground },
    log: () => heard,
    config: () => configLines(system.config).join('\n'),
    isDropped: (packet) => plane.send({ in: OUTSIDE, out: INSIDE, protocol: 17, ...packet }).dropped,
  }
}

export interface Typist {
  readonly session: Session
  /** What the last of these lines leads to, with the changes in force. */
  type(...lines: readonly string[]): Promise<readonly string[]>
}

export function typist(
  { system }: Bench,
  user: Partial<User> = {},
  enablePassword: string | undefined = undefined,
): Typist {
  const session = new Session(system, {
    user: { name: 'cordon', privilege: 15, ...user },
    terminal: { rows: 0, columns: 0, monitor: false },
    where: 'vty0 (127.0.0.1)',
    ...(enablePassword === undefined ? {} : { enablePassword }),
  })
  const type: Typist['type'] = async (...lines) => {
    let said: readonly string[] = []
    for (const line of lines) ({ lines: said } = await session.enter(line))
    await system.settle()
    return said
  }
  return { session, type }
}
