import { type Block, endOf, hasBegun, isActive } from '../domain/block.ts'
import type { Device, Inventory } from '../inventory/inventory.ts'
import type { Recorded } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Placed } from '../placement/place.ts'
import type { PlacementRule } from '../placement/table.ts'
import { explains, isFlow, notAmong, overlapsOf, withBeside } from './beside.ts'
import { blocksOf, type Entry, inForce } from './entry.ts'
import { Expiries } from './expiries.ts'
import { unexplainedRules } from './explained.ts'
import { type Following, followInventory } from './follow-inventory.ts'
import { HoldEnds } from './hold-ends.ts'
import { type Holding, holdingOf, isGone } from './holdings.ts'
import { InOrder } from './in-order.ts'
import { Leaving } from './leaving.ts'
import { type Managed, type ManageOptions, manage } from './manage.ts'
import { Milestones } from './milestones.ts'
import type { OverlapChange } from './overlaps.ts'
import { type OtherCoverage, Placements } from './placements.ts'
import { Remains } from './remains.ts'
import { Waiters } from './waiters.ts'

export interface EngineOptions extends ManageOptions {
  readonly ledger: Ledger
  readonly inventory: Inventory
  readonly placements: readonly PlacementRule[]
}

/**
 * Keeps the network in line with the ledger. Durable events change what is wanted; the devices' runners do the
 * rest, each by itself.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly devices: ReadonlyMap<string, Managed>
  /** Devices on whose routers the first flow rule that matches decides. */
  readonly #layered: readonly Managed[]
  readonly #milestones: Milestones
  readonly #expiries: Expiries
  readonly #waiters = new Waiters()
  readonly #leaving = new Leaving()
  readonly #holdEnds: HoldEnds
  readonly #following: InOrder<Recorded>
  /** Devices for which something was changed in this turn. */
  readonly #touched = new Set<Managed>()
  readonly placements: Placements

  constructor(options: EngineOptions) {
    this.#options = options
    this.#milestones = new Milestones(options.ledger, options.clock, options.log)
    const { ledger, clock, log, inventory, placements } = options
    this.placements = new Placements(inventory, placements)
    this.#expiries = new Expiries({ ledger, clock, log, end: (block) => this.#end(block) })
    this.#following = new InOrder(
      clock,
      (recorded) => this.#follow(recorded),
      () => this.#wakeTouched(),
    )
    this.#holdEnds = new HoldEnds(clock, (device) => this.devices.get(device)?.runner.wake())
    this.devices = new Map([...inventory.devices].map(([name, device]) => [name, this.#manage(device)]))
    this.#layered = [...this.devices.values()].filter(({ overlaps }) => overlaps !== undefined)
  }

  /** Takes what the ledger holds as wanted, then lets every device be read and brought in line. */
  start(): void {
    const { ledger, clock } = this.#options
    for (const block of ledger.head.blocks.values()) {
      if (isActive(block, clock.now())) this.#want(block, false)
      this.#expectEnd(block)
    }
    for (const [device, hold] of ledger.head.holds) this.#holdEnds.expect(device, hold.until)
    ledger.onDurable((recorded) => this.#following.push(recorded))
    for (const { watch, table, runner, hits } of this.devices.values()) {
      watch.start(table, () => runner.wake())
      runner.start()
      hits?.start()
    }
    this.#expiries.start()
  }

  async stop(): Promise<void> {
    this.#following.stop()
    this.#expiries.stop()
    this.#holdEnds.stop()
    const all = [...this.devices.values()]
    await Promise.all(all.flatMap(({ runner, hits }) => [runner.stop(), hits?.stop() ?? Promise.resolve()]))
    await Promise.all(all.map(({ watch }) => watch.stop()))
    await this.#milestones.close()
  }

  /** What is known of each rule of a block. */
  holdings(block: Block): Holding[] {
    return this.rulesOf(block).flatMap(({ device: name, rule }) => {
      const managed = this.devices.get(name)
      return managed === undefined
        ? []
        : [holdingOf(managed.device, managed.watch, rule, managed.table.entries.get(rule.key))]
    })
  }

  /** What of these rules routers would try after weaker ones, and what would stand beside them. */
  overlapsOf(placed: readonly Placed[]): ReturnType<typeof overlapsOf> {
    return overlapsOf(this.devices, placed)
  }

  /** Resolves when `done` holds for the block's holdings, asked again after every change, or when the signal is aborted. */
  waitFor(block: Block, done: (holdings: readonly Holding[]) => boolean, signal: AbortSignal): Promise<void> {
    return this.#waiters.until(block.id, () => done(this.holdings(block)), signal)
  }

  /** What devices may still hold of blocks that ended. */
  get remains(): Remains {
    return new Remains(this.devices, this.#leaving)
  }

  /** Whether a person holds the device now. */
  isHeld(device: string): boolean {
    return this.#options.clock.now() < (this.#options.ledger.head.holds.get(device)?.until ?? 0)
  }

  #manage(device: Device): Managed {
    const { name } = device
    return manage(device, this.#options, {
      blockOf: (block) => this.#options.ledger.head.blocks.get(block),
      held: () => this.isHeld(name),
      unexplained: (keys) => this.#unexplained(name, keys),
      onEntry: (entry, bestOf) => this.#entryChanged(name, bestOf, entry),
    })
  }

  get #inventorySide(): Following {
    const { clock, ledger } = this.#options
    return {
      ...{ clock, head: ledger.head, placements: this.placements, tables: this.devices },
      replace: (block, before) => this.#replace(block, before),
      wants: (block, device, { key }) =>
        this.#withBeside(block, this.#placed(block)).some(
          (one) => one.device === device && one.rule.key === key,
        ),
      wake: () => this.#wakeTouched(),
    }
  }

  #follow({ event, at }: Recorded): void {
    switch (event.type) {
      case 'block.reproposed':
        // It covers something else, which may have been placed as what it was.
        return this.placements.forget(event.block)
      case 'block.created':
      case 'block.proposed':
      case 'block.amended':
        // A block that had run out is wanted again when it is extended before its end was recorded.
        return this.#followCreated(event.block)
      case 'block.approved':
        return event.before === undefined ? this.#followCreated(event.block) : this.#followOther(event)
      case 'block.covers':
      case 'block.moved':
        return this.#followOther(event)
      case 'inventory.loaded':
        return void followInventory(this.#inventorySide, at)
      case 'block.released':
      case 'block.declined':
      case 'block.expired':
        return this.#followEnded(event.block)
      case 'automation.panicked':
        return this.#followEnded(...event.blocks)
      case 'device.held':
      case 'device.freed':
        this.devices.get(event.device)?.runner.wake()
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
    this.#expectEnd(block)
  }

  /** A block is about other prefixes than before. */
  #followOther(event: OtherCoverage): void {
    const block = this.#options.ledger.head.blocks.get(event.block)
    // One that has ended since still has what it was before on devices: its end knows only of what it became.
    if (block === undefined) return
    this.placements.forget(block.id)
    this.#replace(block, this.placements.until(event, block).placed)
    this.#expectEnd(block)
  }

  /** What the block newly wants comes before what it no longer wants goes. */
  #replace(block: Block, before: readonly Placed[]): void {
    if (isActive(block, this.#options.clock.now())) this.#want(block, true)
    for (const { device, rule } of notAmong(before, this.#placed(block))) {
      const managed = this.devices.get(device)
      if (managed === undefined) continue
      const change = isFlow(rule) ? managed.overlaps?.unwant(rule.key, block.id) : undefined
      managed.table.unwant(rule.key, block.id)
      this.#touched.add(managed)
      if (change !== undefined) this.#applyOverlaps(managed, change, true)
    }
  }

  #expectEnd(block: Block): void {
    const end = block.wanted === 'off' ? null : endOf(block)
    if (end !== null) this.#expiries.push(end, block.id)
  }

  #end(block: Block): void {
    this.#unwant(block)
    this.#wakeTouched()
  }

  #wakeTouched(): void {
    for (const { runner } of this.#touched) runner.wake()
    this.#touched.clear()
  }

  #followEnded(...ids: readonly number[]): void {
    const all = ids.flatMap((id) => this.#options.ledger.head.blocks.get(id) ?? [])
    // That it does not cover more ends nothing.
    for (const block of all) if (block.wanted === 'off') this.#unwant(block)
  }

  #want(block: Block, urgent: boolean): void {
    for (const { device, rule } of this.#placed(block)) {
      this.#leaving.stays(device, rule.key, block.id)
      const managed = this.devices.get(device)
      if (managed === undefined) continue
      managed.table.want(rule, block.id, urgent)
      this.#touched.add(managed)
      if (isFlow(rule) && managed.overlaps !== undefined)
        this.#applyOverlaps(managed, managed.overlaps.want(rule, block.id), urgent)
    }
  }

  #applyOverlaps(managed: Managed, { want, unwant }: OverlapChange, urgent: boolean): void {
    for (const { rule, block } of want) {
      this.#leaving.stays(managed.device.name, rule.key, block)
      managed.table.want(rule, block, urgent)
    }
    for (const { key, block } of unwant) managed.table.unwant(key, block)
  }

  #unwant(block: Block): void {
    const leaving = this.#withBeside(block, this.#placed(block)).flatMap(({ device, rule }) => {
      const managed = this.devices.get(device)
      const entry = managed?.table.entries.get(rule.key)
      if (managed === undefined || entry === undefined || !blocksOf(entry).includes(block.id)) return []
      this.#leaving.add(device, rule.key, block.id)
      return [{ device, rule, managed }]
    })
    const changes = leaving.flatMap(({ rule, managed }) =>
      isFlow(rule) && managed.overlaps !== undefined
        ? [{ managed, change: managed.overlaps.unwant(rule.key, block.id) }]
        : [],
    )
    for (const { device, rule, managed } of leaving) {
      managed.table.unwant(rule.key, block.id)
      this.#touched.add(managed)
      this.#noteGone(device, rule.key, managed.table.entries.get(rule.key))
      this.#milestones.forget(device, block.id)
    }
    for (const { managed, change } of changes) this.#applyOverlaps(managed, change, true)
    this.#waiters.notify(block.id)
  }

  #placed(block: Block): readonly Placed[] {
    return this.placements.of(block).placed
  }

  /** The rules of a block, with those that stand beside them so that they do what they should. */
  rulesOf(block: Block): readonly Placed[] {
    return this.#withBeside(block, this.placements.look(block).placed)
  }

  #withBeside({ id }: Block, placed: readonly Placed[]): readonly Placed[] {
    return withBeside(this.#layered, id, placed)
  }

  #entryChanged(device: string, bestOf: Managed['bestOf'], entry: Entry): void {
    const ids = blocksOf(entry)
    if (ids.length > 0 && inForce(entry, bestOf(entry.rule)))
      for (const id of ids) this.#noteInForce(device, bestOf, id)
    else if (entry.error !== undefined && entry.state !== 'maybe')
      for (const id of ids)
        this.#milestones.note('failed', device, id, `${entry.error.class}: ${entry.error.words}`)
    for (const id of ids) this.#waiters.notify(id)
    this.#noteGone(device, entry.rule.key, entry)
  }

  /** A block is in force on a device when all of its rules there are. */
  #noteInForce(device: string, bestOf: Managed['bestOf'], id: number): void {
    const block = this.#options.ledger.head.blocks.get(id)
    const table = this.devices.get(device)?.table
    if (block === undefined || table === undefined || block.seenOn.includes(device)) return
    const all = this.#withBeside(block, this.#placed(block)).every(({ device: other, rule }) => {
      const entry = other === device ? table.entries.get(rule.key) : undefined
      return other !== device || (entry !== undefined && inForce(entry, bestOf(rule)))
    })
    if (all) this.#milestones.note('in-force', device, id)
  }

  #noteGone(device: string, key: string, entry: Entry | undefined): void {
    // Another block may keep the rule: for those that ended it is over all the same.
    if (this.#leaving.isEmpty || (!isGone(entry) && entry?.blocks === undefined)) return
    for (const id of this.#leaving.take(device, key)) {
      if (this.#leaving.has(device, id)) continue
      this.#milestones.note('gone', device, id)
      this.#waiters.notify(id)
    }
  }

  #unexplained(device: string, keys: readonly string[]): readonly string[] {
    const rules = keys.flatMap((key) => this.devices.get(device)?.table.entries.get(key)?.rule ?? [])
    return unexplainedRules(
      this.#options.ledger.head,
      rules,
      (block, rule) =>
        hasBegun(block) &&
        this.#placed(block).some((placed) => placed.device === device && explains(placed.rule, rule)),
    )
  }
}
