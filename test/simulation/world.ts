import assert from 'node:assert/strict'
import type { MemoryDevice } from '../../adapters/memory/device.ts'
import type { MemoryConfig } from '../../adapters/memory/index.ts'
import { followInBackground } from '../../src/app/bindings.ts'
import type { App } from '../../src/app/context.ts'
import { settleInventory } from '../../src/app/inventory.ts'
import { LeaseMoves } from '../../src/app/lease-moves.ts'
import { ListTexts } from '../../src/app/lists/list-texts.ts'
import { followLoad } from '../../src/app/load.ts'
import { addPerson } from '../../src/app/people.ts'
import { ReadLog } from '../../src/app/read-log.ts'
import { Retention } from '../../src/app/retention/retention.ts'
import { type Caller, callerBehind } from '../../src/app/rights.ts'
import { InventoryUnusable, type ReadInventory, type Site } from '../../src/app/site.ts'
import { SourceBoard } from '../../src/app/sources/board.ts'
import { StatisticsBook } from '../../src/app/statistics/book.ts'
import { TargetSearch } from '../../src/app/target-search.ts'
import { createRootToken, createToken } from '../../src/app/tokens.ts'
import { triggerDesk } from '../../src/app/trigger-desk.ts'
import { plainCalendar } from '../../src/calendar/plain-calendar.ts'
import { DEFAULT_TARGETS } from '../../src/calendar/service-target.ts'
import { adviceBook } from '../../src/domain/advice.ts'
import type { Block } from '../../src/domain/block.ts'
import { NO_LOGINS } from '../../src/domain/grant.ts'
import { SILENT } from '../../src/domain/log.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { Engine } from '../../src/engine/engine.ts'
import { AttemptLog } from '../../src/guards/breaker.ts'
import type { BindingBook } from '../../src/inventory/binding-book.ts'
import { inventoryDigest } from '../../src/inventory/canonical.ts'
import {
  buildInventory,
  type Device,
  type Inventory,
  type InventoryLists,
} from '../../src/inventory/inventory.ts'
import { FileLedger } from '../../src/ledger/file-ledger.ts'
import { place } from '../../src/placement/place.ts'
import { manualPolicy } from '../../src/policy/command.ts'
import { type Faults, TROUBLED } from '../helpers/faults.ts'
import { type FaultyDevices, faultyDevices } from '../helpers/faulty-device.ts'
import { memoryBook } from '../helpers/memory-book.ts'
import { memoryFiles } from '../helpers/memory-files.ts'
import { type Random, seeded } from '../helpers/random.ts'
import type { RuleText } from '../helpers/rule-text.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'
import { Account } from './account.ts'
import { CONFIGS, LIMITS, MACHINES, PEOPLE, PLACEMENTS } from './given.ts'
import { FIRST_FORM, siteIn } from './site.ts'
import { covers, intentOf } from './wanted.ts'

/** A controller with its ledger and devices in one process, on a clock that only the simulation moves. */
export class World {
  readonly clock = new VirtualClock()
  readonly random: Random
  readonly faulty: FaultyDevices
  readonly account = new Account()
  /** What the configuration says, whether it was read or not; `undefined`, nothing that can be read. */
  form = FIRST_FORM
  unreadable = false
  /** What counts. */
  lists: InventoryLists
  inventory: Inventory
  /** Whether what was read last waits for a person. */
  waits = false
  files = memoryFiles()
  readonly book: BindingBook
  /** Whether one step is taken at a time. */
  alone = true
  /** Since when each device has its lease, by MAC address. */
  readonly since = new Map<string, string>()
  readonly #devices: readonly Device[]
  /** Rules as they read, by their keys. */
  readonly texts = new Map<string, RuleText>()
  /** Tokens by whose they are. */
  readonly #tokens = new Map<string, string>()
  /** Blocks of which it is noted what they want, as they were. */
  readonly #noted = new Map<number, { readonly block: Block; readonly inventory: Inventory }>()
  /** Every rule that some block has ever asked for, by device and key. */
  readonly everWanted = new Map<string, Map<string, Rule>>()
  app!: App
  engine!: Engine
  ledger!: FileLedger
  caller!: Caller

  constructor(seed: number) {
    this.random = seeded(`world ${seed}`)
    this.faulty = faultyDevices(seed, TROUBLED)
    this.#devices = Object.entries(CONFIGS).map(([name, config]) => this.#device(name, config))
    this.lists = siteIn(this.form, this.#devices)
    this.inventory = buildInventory(this.lists)
    this.book = memoryBook(this.clock)
  }

  #device(name: string, config: MemoryConfig): Device {
    return {
      name,
      kind: 'memory',
      config,
      capabilities: this.faulty.adapter.capabilities(config),
      enforcers: [],
      urpf: false,
    }
  }

  async start(opened?: FileLedger): Promise<void> {
    this.ledger = opened ?? (await this.#openLedger())
    this.lists = siteIn(this.form, this.#devices)
    this.inventory = buildInventory(this.lists)
    this.engine = this.#makeEngine()
    this.app = this.#makeApp()
    await settleInventory(this.app)
    this.noteSite(this.lists)
    this.engine.start()
    followInBackground(this.app)
    if (this.#tokens.size === 0) await this.#addEverybody()
    this.caller = this.as('local')
  }

  /** Whoever runs the controller has made everybody known. */
  async #addEverybody(): Promise<void> {
    const root = (await createRootToken(this.app, 'simulation')).token
    this.#tokens.set('local', root.id)
    const caller = this.as('local')
    for (const [name, roles] of Object.entries(PEOPLE)) {
      const { id } = await addPerson(this.app, caller, { name, roles })
      const wanted = { name, roles, origin: 'person', person: id, until: null } as const
      this.#tokens.set(name, (await createToken(this.app, caller, wanted)).token.id)
    }
    for (const name of MACHINES) {
      const wanted = { name, roles: ['trigger'], origin: 'automatic', until: null } as const
      this.#tokens.set(name, (await createToken(this.app, caller, wanted)).token.id)
    }
  }

  /** One of {@link PEOPLE} or {@link MACHINES}, or `local`. */
  as(name: string): Caller {
    const { head } = this.ledger
    const token = head.tokens.get(this.#tokens.get(name) ?? '')
    const caller =
      token && callerBehind(token, head, { now: this.clock.now(), rolesLast: NO_LOGINS.rolesLast })
    if (caller === undefined) throw new Error(`${name} is not known`)
    return caller
  }

  /** These lists were read, and count unless they wait for a person. */
  noteSite(lists: InventoryLists): void {
    this.waits = this.app.site.asks !== undefined
    if (this.waits) return
    this.lists = lists
    this.inventory = buildInventory(lists)
    this.account.adopt(lists)
  }

  /** What the configuration says. */
  get configured(): InventoryLists {
    return siteIn(this.form, this.#devices)
  }

  /** What nothing new may be about: while something waits, what either protects. */
  get guards(): InventoryLists['protected'] {
    return this.waits ? [...this.lists.protected, ...this.configured.protected] : this.lists.protected
  }

  #openLedger(): Promise<FileLedger> {
    return FileLedger.open({
      folder: 'memory',
      files: this.files,
      clock: this.clock,
      log: SILENT,
      salt: counterSalt(),
      retainEndedMs: 600_000,
      segmentBytes: 1 << 20,
      checkpointEvents: Number.MAX_SAFE_INTEGER,
      onFatal: (error) => {
        throw error
      },
    })
  }

  #makeEngine(): Engine {
    const { clock, ledger, inventory, random } = this
    const device = {
      clock,
      log: SILENT,
      runtimeFolder: 'memory',
      secret: async () => '',
      remember: async () => {},
      recall: () => undefined,
    }
    return new Engine({
      ledger,
      inventory,
      placements: PLACEMENTS,
      limits: LIMITS,
      adapters: new Map([['memory', this.faulty.adapter]]),
      witnesses: new Map(),
      envFor: (name) => ({ ...device, device: name }),
      clock,
      log: SILENT,
      random,
    })
  }

  #makeApp(): App {
    const { ledger, engine, inventory, clock } = this
    return {
      ledger,
      engine,
      inventory,
      site: this.#makeSite(),
      limits: LIMITS,
      logins: NO_LOGINS,
      policy: manualPolicy,
      attempts: new AttemptLog(),
      triggers: triggerDesk(ledger, []),
      advice: adviceBook([]),
      sources: new SourceBoard([], { clock, log: SILENT }),
      leases: { book: this.book, clockError: 5_000 },
      moves: new LeaseMoves(),
      load: followLoad(ledger, inventory, clock),
      ...{ reads: new ReadLog(), targets: new TargetSearch() },
      retention: new Retention({ ledger, engine, clock, log: SILENT }, {}),
      statistics: {
        book: new StatisticsBook(ledger, clock),
        rules: { open: false, smallest: 5, departmentUsers: 50 },
      },
      lists: { held: new Map(), texts: new ListTexts(clock) },
      clock,
      clockDrift: () => 0,
      log: SILENT,
      randomText: (bytes) => `r${Math.floor(this.random() * 1e12)}`.padEnd(bytes, '0'),
    }
  }

  #makeSite(): Site {
    const { lists, inventory } = this
    const service = { calendar: plainCalendar(), targets: DEFAULT_TARGETS }
    const read = async (): Promise<ReadInventory> => {
      if (this.unreadable) throw new InventoryUnusable(['cordon.yaml:1: it is not there'])
      const fresh = this.configured
      const digest = inventoryDigest(fresh)
      return { inventory: buildInventory(fresh), lists: fresh, digest, ...service, needsRestart: [] }
    }
    const state = { loadedAt: 0, needsRestart: [], failed: undefined, asks: undefined }
    return { source: { read }, inventory, lists, digest: inventoryDigest(lists), ...service, ...state }
  }

  /** The controller dies without a word; the files and the devices stay. */
  async crash(): Promise<void> {
    const dead = this.engine
    const before = { seq: this.ledger.head.seq, state: intentOf(this.ledger.head) }
    // What the dead one still had in hand must not reach the files.
    this.files = memoryFiles(this.files.disk())
    void dead.stop()
    await this.clock.advance(0)
    this.unreadable = false
    this.account.attempts.length = 0
    const found = await this.#openLedger()
    if (found.head.seq === before.seq) assert.deepEqual(intentOf(found.head), before.state)
    else assert.ok(found.head.seq < before.seq, 'the ledger has more than was ever recorded')
    await this.start(found)
  }

  trouble(faults: Faults): void {
    this.faulty.trouble(faults)
  }

  device(name: string): MemoryDevice | undefined {
    return this.faulty.devices.get(name)
  }

  get deviceNames(): readonly string[] {
    return Object.keys(CONFIGS)
  }

  capacityOf(name: string): number {
    return this.inventory.devices.get(name)?.capabilities.maxEntries ?? 0
  }

  placedOf(block: Block): readonly { device: string; rule: Rule }[] {
    return place(block, this.inventory, PLACEMENTS).placed
  }

  /** Notes what every block that is on asks for now. */
  noteAll(): void {
    for (const block of this.ledger.head.blocks.values()) {
      if (block.target.kind === 'host') this.account.noteMoved(block.id, block.target.prefix)
      if (block.wanted === 'on') this.noteWanted(block)
    }
  }

  noteWanted(block: Block): void {
    const before = this.#noted.get(block.id)
    if (before?.block === block && before.inventory === this.inventory) return
    this.#noted.set(block.id, { block, inventory: this.inventory })
    for (const { device, rule } of this.placedOf(block)) {
      const rules = this.everWanted.get(device) ?? new Map<string, Rule>()
      this.everWanted.set(device, rules.set(rule.key, rule))
    }
  }

  /** From here on only what is wanted now was ever wanted. */
  forgetWanted(): void {
    this.#noted.clear()
    this.everWanted.clear()
    this.noteAll()
  }

  /** Whether a block ever asked for this rule, or for one around it on a device where only the first match counts. */
  wasWanted(device: string, rule: Rule): boolean {
    const wanted = this.everWanted.get(device)
    if (wanted === undefined || wanted.has(rule.key)) return wanted !== undefined
    if (CONFIGS[device]?.flowOrder === undefined) return false
    const within = [...wanted.values()].some((one) => covers(one, rule))
    if (within) wanted.set(rule.key, rule)
    return within
  }
}

function counterSalt(): () => string {
  const drawn: string[] = []
  return () => `salt-${drawn.push('')}`.padEnd(22, '0')
}
