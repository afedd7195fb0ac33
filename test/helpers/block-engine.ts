import type { Adapter, AdapterEnv } from '../../adapters/adapter.ts'
import type { BlockSpec } from '../../src/domain/block.ts'
import { SILENT } from '../../src/domain/log.ts'
import { prefixFamily, prefixLength } from '../../src/domain/prefix.ts'
import type { EntryKind, Rule } from '../../src/domain/rule.ts'
import { Engine } from '../../src/engine/engine.ts'
import { needsChange } from '../../src/engine/entry.ts'
import { DEFAULT_LIMITS } from '../../src/guards/limits.ts'
import type { InventoryLists } from '../../src/inventory/inventory.ts'
import type { BlockCreated } from '../../src/ledger/events.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { until } from './bird.ts'
import { created, released } from './events.ts'
import { deviceNamed, siteOf } from './inventory.ts'
import { memoryFiles } from './memory-files.ts'
import { realClock } from './system-clock.ts'
import { openLedger, put } from './test-ledger.ts'

const DEVICE = 'speaker'
const KINDS: readonly EntryKind[] = ['flow', 'd-rtbh', 's-rtbh']

/** An engine with one device that really exists: blocks become rules of every kind, as they do in a controller. */
export class BlockEngine {
  readonly #ledger: Ledger
  readonly #engine: Engine
  #last = 0
  #on: number[] = []

  private constructor(ledger: Ledger, engine: Engine) {
    this.#ledger = ledger
    this.#engine = engine
  }

  /** @param lists what the site is, without devices */
  static async start(
    adapter: Adapter,
    config: unknown,
    env: AdapterEnv,
    lists: Partial<InventoryLists>,
  ): Promise<BlockEngine> {
    const clock = realClock()
    const ledger = await openLedger({ clock, files: memoryFiles() })
    const capabilities = adapter.capabilities(config)
    const device = { ...deviceNamed(DEVICE), kind: adapter.kind, config, capabilities }
    const engine = new Engine({
      ...{ ledger, clock, limits: DEFAULT_LIMITS, log: SILENT, witnesses: new Map(), random: Math.random },
      envFor: () => env,
      inventory: siteOf({ ...lists, devices: [device] }),
      placements: [{ name: 'all', when: {}, use: KINDS.map((as) => ({ device: DEVICE, as })) }],
      adapters: new Map([[adapter.kind, adapter]]),
    })
    engine.start()
    return new BlockEngine(ledger, engine)
  }

  /** Resolves once the device has taken or refused all that the blocks become. */
  async block(specs: readonly BlockSpec[]): Promise<void> {
    const events = specs.map((spec) => {
      this.#last += 1
      this.#on.push(this.#last)
      return created(this.#last, recordOf(spec))
    })
    await put(this.#ledger, events)
    await this.#settled()
  }

  /** Ends the oldest of the blocks. */
  async release(count = this.#on.length): Promise<void> {
    await put(
      this.#ledger,
      this.#on.splice(0, count).map((id) => released(id)),
    )
    await this.#settled()
  }

  /** What the device has taken and still holds. */
  get held(): Rule[] {
    return this.#entries.flatMap(({ state, rule }) => (state === 'yes' ? [rule] : []))
  }

  /** Rules that stand beside those of the blocks, so that a drop holds where it meets something weaker. */
  get beside(): number {
    const { overlaps } = this.#device
    return this.#on.flatMap((id) => overlaps?.intersectionsOf(id) ?? []).length
  }

  get #device() {
    const device = this.#engine.devices.get(DEVICE)
    if (device === undefined) throw new Error('no device')
    return device
  }

  get #entries() {
    return [...this.#device.table.entries.values()]
  }

  /** Devices are told a moment after an event is durable, so the blocks' rules are waited for as well. */
  async #settled(): Promise<void> {
    await until(() => {
      const { head } = this.#ledger
      const wanted = this.#on.flatMap((id) => {
        const block = head.blocks.get(id)
        return block === undefined ? [] : this.#engine.rulesOf(block)
      })
      const keys = new Set(wanted.map(({ rule }) => rule.key))
      const known = this.#device.table.entries
      return (
        [...keys].every((key) => known.get(key)?.blocks !== undefined) &&
        this.#entries.every(
          (one) =>
            keys.has(one.rule.key) === (one.blocks !== undefined) &&
            (!needsChange(one) || one.error?.class === 'unsupported'),
        )
      )
    }, 20_000)
  }

  stop(): Promise<void> {
    return this.#engine.stop()
  }
}

function recordOf({ target, ...spec }: BlockSpec): Partial<BlockCreated> {
  if (target.kind !== 'host') return { ...spec, target, shape: { target: target.kind } }
  const { prefix } = target
  const shape = { target: 'host', family: prefixFamily(prefix), prefixLength: prefixLength(prefix) } as const
  return { ...spec, target, shape }
}
