import type { TestContext } from 'node:test'
import type { MemoryDevice } from '../../adapters/memory/device.ts'
import { createMemoryAdapter, type MemoryConfig } from '../../adapters/memory/index.ts'
import { SILENT } from '../../src/domain/log.ts'
import { Engine } from '../../src/engine/engine.ts'
import { DEFAULT_LIMITS } from '../../src/guards/limits.ts'
import type { BlockCreated, LedgerEvent, Milestones } from '../../src/ledger/events.ts'
import type { FileLedger } from '../../src/ledger/file-ledger.ts'
import { created } from './events.ts'
import { deviceNamed, siteOf } from './inventory.ts'
import { memoryFiles } from './memory-files.ts'
import { openLedger, put } from './test-ledger.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A controller with devices in memory, on a clock that only the test moves. */
export class EngineWorld {
  readonly clock = new VirtualClock()
  readonly devices = new Map<string, MemoryDevice>()
  readonly ledger: FileLedger
  readonly engine: Engine
  readonly #config: Readonly<Record<string, MemoryConfig>>

  private constructor(
    ledger: FileLedger,
    clock: VirtualClock,
    config: Readonly<Record<string, MemoryConfig>>,
  ) {
    this.ledger = ledger
    this.clock = clock
    this.#config = config
    this.engine = this.another()
  }

  static async make(
    t: Pick<TestContext, 'after'> | undefined,
    config: Readonly<Record<string, MemoryConfig>> = { a: {}, b: {} },
  ): Promise<EngineWorld> {
    const clock = new VirtualClock()
    const ledger = await openLedger({ clock, files: memoryFiles() })
    const world = new EngineWorld(ledger, clock, config)
    t?.after(() => world.engine.stop())
    return world
  }

  /** Another engine on the same head and the same devices. */
  another(): Engine {
    const { clock } = this
    const adapter = createMemoryAdapter(this.devices)
    const names = Object.keys(this.#config)
    const devices = names.map((name) => {
      const config = this.#config[name] ?? {}
      return deviceNamed(name, adapter.capabilities(config), { config })
    })
    const use = names.map((device) => ({ device, as: 'acl' as const }))
    return new Engine({
      ...{ ledger: this.ledger, clock, limits: DEFAULT_LIMITS, log: SILENT, witnesses: new Map() },
      inventory: siteOf({ devices }),
      placements: [{ name: 'all', when: {}, use }],
      adapters: new Map([['memory', adapter]]),
      envFor: (device) => ({
        ...{ device, clock, log: SILENT, runtimeFolder: '', secret: async () => '' },
        remember: async () => {},
        recall: () => undefined,
      }),
      random: () => 0.5,
    })
  }

  /** Records events and lets them take effect. */
  async put(...events: readonly LedgerEvent[]): Promise<void> {
    const done = put(this.ledger, events)
    await this.clock.advance(0)
    await done
    await this.clock.advance(1)
  }

  block(id: number, over: Partial<BlockCreated> = {}): BlockCreated {
    return created(id, { direction: 'from', ...over })
  }

  held(name = 'a'): number {
    return this.devices.get(name)?.rules.size ?? 0
  }

  async milestones(): Promise<string[]> {
    const found: string[] = []
    for await (const { event } of this.ledger.history())
      if (event.type === 'milestones') found.push(...texts(event))
    return found.sort()
  }
}

function texts({ reached, device, blocks }: Milestones): string[] {
  return blocks.map((block) => `${block} ${reached} ${device}`)
}
