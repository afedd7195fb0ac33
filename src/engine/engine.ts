import type { Adapter, AdapterEnv, Evidence } from '../../adapters/adapter.ts'
import type { WitnessAdapter } from '../../adapters/witness.ts'
import { type Block, type BlockSpec, isActive } from '../domain/block.ts'
import type { Clock } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import { byRuleKind, type RuleKind } from '../domain/rule.ts'
import type { Limits } from '../guards/limits.ts'
import type { Device, Inventory } from '../inventory/inventory.ts'
import type { Recorded } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Placed, type Placement, place } from '../placement/place.ts'
import type { PlacementRule } from '../placement/table.ts'
import { DeviceRunner } from './device-runner.ts'
import { DeviceTable } from './device-table.ts'
import { EnforcerWatch } from './enforcer-watch.ts'
import { blocksOf, type Entry, inForce } from './entry.ts'
import { Expiries } from './expiries.ts'
import { unexplainedRules } from './explained.ts'
import { HoldEnds } from './hold-ends.ts'
import { bestEvidence, type Holding, holdingOf, isGone } from './holdings.ts'
import { InOrder } from './in-order.ts'
import { Leaving } from './leaving.ts'
import { Milestones } from './milestones.ts'
import { Recent } from './recent.ts'
import { Waiters } from './waiters.ts'

export interface EngineOptions {
  readonly ledger: Ledger
  readonly inventory: Inventory
  readonly placements: readonly PlacementRule[]
  readonly limits: Limits
  readonly adapters: ReadonlyMap<string, Adapter>
  readonly witnesses: ReadonlyMap<string, WitnessAdapter>
  /** What an adapter or a witness gets: `name` is the device, or device and enforcer. */
  readonly envFor: (device: string, enforcer?: string) => AdapterEnv
  readonly clock: Clock
  readonly log: Logger
  /** Random numbers from 0 to 1. */
  readonly random: () => number
}

/** One device with everything that works on it. */
export interface Managed {
  readonly device: Device
  /** The best evidence that it can give for rules of each kind. */
  readonly best: Readonly<Record<RuleKind, Evidence>>
  readonly table: DeviceTable
  readonly runner: DeviceRunner
  readonly watch: EnforcerWatch
}

/** Placements that are remembered at the least. */
const RECENT = 1_000

/**
 * Keeps the network in line with the ledger. Durable events change what is wanted; the devices' runners do the
 * rest, each by itself.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #devices = new Map<string, Managed>()
  readonly #milestones: Milestones
  readonly #expiries: Expiries
  readonly #waiters = new Waiters()
  readonly #leaving = new Leaving()
  readonly #holdEnds: HoldEnds
  readonly #following: InOrder<Recorded>
  /** Devices for which something was changed in this turn. */
  readonly #touched = new Set<Managed>()
  /** Placements of the blocks at work: the same is asked for each device's answer. */
  readonly #recent = new Recent<number, Placement>(RECENT)

  constructor(options: EngineOptions) {
    this.#options = options
    this.#milestones = new Milestones(options.ledger, options.clock, options.log)
    const { ledger, clock, log } = options
    this.#expiries = new Expiries({ ledger, clock, log, end: (block) => this.#end(block) })
    this.#following = new InOrder(
      clock,
      (recorded) => this.#follow(recorded),
      () => this.#wakeTouched(),
    )
    this.#holdEnds = new HoldEnds(clock, (device) => this.#devices.get(device)?.runner.wake())
    for (const device of options.inventory.devices.values())
      this.#devices.set(device.name, this.#manage(device))
  }

  get devices(): ReadonlyMap<string, Managed> {
    return this.#devices
  }

  /** Takes what the ledger holds as wanted, then lets every device be read and brought in line. */
  start(): void {
    const { ledger, clock } = this.#options
    const now = clock.now()
    for (const block of ledger.head.blocks.values()) {
      if (isActive(block, now)) this.#want(block, false)
      else if (block.wanted === 'on') this.#expiries.push(block.until ?? now, block.id)
      if (isActive(block, now) && block.until !== null) this.#expiries.push(block.until, block.id)
    }
    for (const [device, hold] of ledger.head.holds) this.#holdEnds.expect(device, hold.until)
    ledger.onDurable((recorded) => this.#following.push(recorded))
    for (const { watch, table, runner } of this.#devices.values()) {
      watch.start(table, () => runner.wake())
      runner.start()
    }
    this.#expiries.start()
  }

  async stop(): Promise<void> {
    this.#following.stop()
    this.#expiries.stop()
    this.#holdEnds.stop()
    await Promise.all([...this.#devices.values()].map(({ runner }) => runner.stop()))
    await Promise.all([...this.#devices.values()].map(({ watch }) => watch.stop()))
    await this.#milestones.close()
  }

  /** What a block becomes by the inventory and the placement table. */
  place(spec: BlockSpec): Placement {
    return place(spec, this.#options.inventory, this.#options.placements)
  }

  /** What a block has become. */
  placementOf(block: Block): Placement {
    return this.#recent.get(block.id) ?? this.place(block)
  }

  /** What is known of each rule of a block. */
  holdings(block: Block): Holding[] {
    return this.placementOf(block).placed.flatMap(({ device: name, rule }) => {
      const managed = this.#devices.get(name)
      return managed === undefined
        ? []
        : [holdingOf(managed.device, managed.watch, rule, managed.table.entries.get(rule.key))]
    })
  }

  /** Resolves when `done` holds for the block's holdings, asked again after every change, or when the signal is aborted. */
  waitFor(block: Block, done: (holdings: readonly Holding[]) => boolean, signal: AbortSignal): Promise<void> {
    return this.#waiters.until(block.id, () => done(this.holdings(block)), signal)
  }

  /** Whether a person holds the device now. */
  isHeld(device: string): boolean {
    const hold = this.#options.ledger.head.holds.get(device)
    return hold !== undefined && this.#options.clock.now() < hold.until
  }

  #manage(device: Device): Managed {
    const { adapters, witnesses, envFor, clock, log, random, limits, ledger } = this.#options
    const adapter = adapters.get(device.kind)
    if (adapter === undefined)
      throw new Error(`device ${device.name} is of kind ${device.kind}, for which there is no adapter`)
    const watch = new EnforcerWatch({
      device: device.name,
      enforcers: device.enforcers,
      witnesses,
      env: (enforcer) => envFor(device.name, enforcer),
      clock,
      log,
    })
    const masks = byRuleKind((kind) => watch.maskOf(kind))
    const best = byRuleKind((kind) => bestEvidence(device, masks[kind] !== 0))
    const table = new DeviceTable({
      maxEntries: device.capabilities.maxEntries,
      batch: device.capabilities.batch,
      enforcers: (kind) => masks[kind],
      actionOf: (block) => ledger.head.blocks.get(block)?.action,
      onEntry: (entry) => this.#entryChanged(device.name, best, entry),
    })
    const runner = new DeviceRunner({
      device,
      adapter,
      env: envFor(device.name),
      table,
      watch,
      clock,
      log,
      random,
      limits,
      held: () => this.isHeld(device.name),
      unexplained: (keys) => this.#unexplained(device.name, keys),
    })
    return { device, best, table, runner, watch }
  }

  #follow({ event }: Recorded): void {
    switch (event.type) {
      case 'block.created':
        return this.#followCreated(event.block)
      case 'block.amended':
        // A block that had run out is wanted again when it is extended before its end was recorded.
        return this.#followCreated(event.block)
      case 'block.released':
      case 'block.expired':
        return this.#followEnded(event.block)
      case 'device.held':
      case 'device.freed':
        this.#devices.get(event.device)?.runner.wake()
        return this.#holdEnds.expect(event.device, this.#options.ledger.head.holds.get(event.device)?.until)
      default:
        return
    }
  }

  #followCreated(id: number): void {
    const block = this.#options.ledger.head.blocks.get(id)
    if (block === undefined || block.wanted === 'off') return
    if (isActive(block, this.#options.clock.now())) this.#want(block, true)
    // Its time may be over before its event is followed: then it ends at once, on the record too.
    if (block.until !== null) this.#expiries.push(block.until, id)
  }

  #end(block: Block): void {
    this.#unwant(block)
    this.#wakeTouched()
  }

  #wakeTouched(): void {
    for (const { runner } of this.#touched) runner.wake()
    this.#touched.clear()
  }

  #followEnded(id: number): void {
    const block = this.#options.ledger.head.blocks.get(id)
    if (block !== undefined) this.#unwant(block)
  }

  #want(block: Block, urgent: boolean): void {
    for (const { device, rule } of this.#placed(block)) {
      this.#leaving.stays(device, rule.key, block.id)
      const managed = this.#devices.get(device)
      if (managed === undefined) continue
      managed.table.want(rule, block.id, urgent)
      this.#touched.add(managed)
    }
  }

  #unwant(block: Block): void {
    const leaving = this.#placed(block).flatMap(({ device, rule }) => {
      const managed = this.#devices.get(device)
      const entry = managed?.table.entries.get(rule.key)
      if (managed === undefined || entry === undefined || !blocksOf(entry).includes(block.id)) return []
      this.#leaving.add(device, rule.key, block.id)
      return [{ device, rule, managed }]
    })
    for (const { device, rule, managed } of leaving) {
      managed.table.unwant(rule.key, block.id)
      this.#touched.add(managed)
      this.#noteGone(device, rule.key, managed.table.entries.get(rule.key))
      this.#milestones.forget(device, block.id)
    }
    this.#waiters.notify(block.id)
  }

  /** The placement of a block that is being recorded under this number: whoever decided has worked it out already. */
  foresee(block: number, placement: Placement): void {
    this.#recent.set(block, placement)
  }

  /** Where a block's rules go. The unchangeable part of a block decides that, so its number is a good key. */
  #placed(block: Block): readonly Placed[] {
    const known = this.#recent.get(block.id)
    if (known !== undefined) return known.placed
    const placement = this.place(block)
    this.foresee(block.id, placement)
    return placement.placed
  }

  #entryChanged(device: string, best: Managed['best'], entry: Entry): void {
    const ids = blocksOf(entry)
    if (ids.length > 0 && inForce(entry, best[entry.rule.kind]))
      for (const id of ids) this.#noteInForce(device, best, id)
    else if (entry.error !== undefined && entry.state !== 'maybe')
      for (const id of ids)
        this.#milestones.note('failed', device, id, `${entry.error.class}: ${entry.error.words}`)
    for (const id of ids) this.#waiters.notify(id)
    this.#noteGone(device, entry.rule.key, entry)
  }

  /** A block is in force on a device when all of its rules there are. */
  #noteInForce(device: string, best: Managed['best'], id: number): void {
    const block = this.#options.ledger.head.blocks.get(id)
    const table = this.#devices.get(device)?.table
    if (block === undefined || table === undefined || block.seenOn.includes(device)) return
    const all = this.#placed(block).every(({ device: other, rule }) => {
      const entry = other === device ? table.entries.get(rule.key) : undefined
      return other !== device || (entry !== undefined && inForce(entry, best[rule.kind]))
    })
    if (all) this.#milestones.note('in-force', device, id)
  }

  #noteGone(device: string, key: string, entry: Entry | undefined): void {
    // Another block may keep the rule: for those that ended it is over all the same.
    if (this.#leaving.isEmpty || (!isGone(entry) && entry?.blocks === undefined)) return
    for (const id of this.#leaving.take(device, key)) {
      if (this.#isLeaving(device, id)) continue
      this.#milestones.note('gone', device, id)
      this.#waiters.notify(id)
    }
  }

  /** Whether the device may still hold something of a block that has ended. */
  #isLeaving(device: string, id: number): boolean {
    const block = this.#options.ledger.head.blocks.get(id)
    if (block === undefined) return false
    return this.#placed(block).some(
      (placed) => placed.device === device && this.#leaving.has(device, placed.rule.key, id),
    )
  }

  #unexplained(device: string, keys: readonly string[]): readonly string[] {
    const table = this.#devices.get(device)?.table
    const rules = keys.flatMap((key) => table?.entries.get(key)?.rule ?? [])
    return unexplainedRules(this.#options.ledger.head, rules, (block, { key }) =>
      this.#placed(block).some((placed) => placed.device === device && placed.rule.key === key),
    )
  }
}
