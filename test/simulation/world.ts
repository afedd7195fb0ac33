import type { MemoryDevice } from '../../adapters/memory/device.ts'
import type { MemoryConfig } from '../../adapters/memory/index.ts'
import type { App } from '../../src/app/context.ts'
import { LeaseMoves } from '../../src/app/lease-moves.ts'
import { followLoad } from '../../src/app/load.ts'
import { ReadLog } from '../../src/app/read-log.ts'
import { type Caller, callerBehind } from '../../src/app/rights.ts'
import { TargetSearch } from '../../src/app/target-search.ts'
import { createRootToken } from '../../src/app/tokens.ts'
import { type Block, isActive } from '../../src/domain/block.ts'
import { NO_LOGINS } from '../../src/domain/grant.ts'
import { SILENT } from '../../src/domain/log.ts'
import { matchCovers } from '../../src/domain/match-sets.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { actionText, compareActions, type FilterRule, type Rule } from '../../src/domain/rule.ts'
import { Engine } from '../../src/engine/engine.ts'
import { AttemptLog } from '../../src/guards/breaker.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/guards/limits.ts'
import {
  buildInventory,
  type Device,
  type Inventory,
  type InventoryLists,
} from '../../src/inventory/inventory.ts'
import { FileLedger } from '../../src/ledger/file-ledger.ts'
import { place } from '../../src/placement/place.ts'
import { meet } from '../../src/placement/precedence.ts'
import type { PlacementRule } from '../../src/placement/table.ts'
import { manualPolicy } from '../../src/policy/policy.ts'
import { testSite } from '../helpers/app.ts'
import { type Faults, TROUBLED } from '../helpers/faults.ts'
import { type FaultyDevices, faultyDevices } from '../helpers/faulty-device.ts'
import { memoryBook } from '../helpers/memory-book.ts'
import { memoryFiles } from '../helpers/memory-files.ts'
import { type Random, seeded } from '../helpers/random.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

/** Devices of different make: two that filter, one that only drops to a host, one with hardly any room. */
const CONFIGS: Readonly<Record<string, MemoryConfig>> = {
  filter: { batch: 7, inFlight: 2 },
  other: { batch: 100, inFlight: 1, evidence: 'none', flowOrder: 'rfc8955' },
  speaker: { kinds: ['d-rtbh'], actions: ['drop'], evidence: 'speaker', batch: 5, inFlight: 2 },
  small: { maxEntries: 12, batch: 3, inFlight: 1 },
}

const PLACEMENTS: readonly PlacementRule[] = [
  {
    name: 'narrowed',
    when: { narrowed: true },
    use: [
      { device: 'filter', as: 'acl' },
      { device: 'other', as: 'flow' },
    ],
  },
  {
    name: 'limited',
    when: { action: ['rate-limit'] },
    use: [
      { device: 'filter', as: 'acl' },
      { device: 'other', as: 'flow' },
    ],
  },
  {
    name: 'to',
    when: { direction: ['to', 'both'] },
    use: [
      { device: 'speaker', as: 'd-rtbh' },
      { device: 'filter', as: 'acl' },
      { device: 'small', as: 'acl' },
    ],
  },
  {
    name: 'rest',
    when: {},
    use: [
      { device: 'filter', as: 'acl' },
      { device: 'other', as: 'flow' },
    ],
  },
]

export const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  roles: { analyst: { active: 200 }, trigger: { active: 1_000 } },
}

/** A controller with its ledger and devices in one process, on a clock that only the simulation moves. */
export class World {
  readonly clock = new VirtualClock()
  readonly random: Random
  readonly faulty: FaultyDevices
  readonly inventory: Inventory
  readonly #lists: InventoryLists
  files = memoryFiles()
  /** Every rule that some block has ever asked for, by device and key. */
  readonly everWanted = new Map<string, Map<string, Rule>>()
  app!: App
  engine!: Engine
  ledger!: FileLedger
  caller!: Caller

  constructor(seed: number) {
    this.random = seeded(`world ${seed}`)
    this.faulty = faultyDevices(seed, TROUBLED)
    this.#lists = {
      own: [parsePrefix('10.0.0.0/16'), parsePrefix('2001:db8::/32')],
      departments: [],
      connections: [],
      addresses: [],
      consent: [],
      hostUnits: [],
      reachable: [],
      protected: [{ prefix: parsePrefix('10.0.0.1/32'), role: 'any', name: 'resolver' }],
      devices: Object.entries(CONFIGS).map(([name, config]) => this.#device(name, config)),
      ingress: [],
    }
    this.inventory = buildInventory(this.#lists)
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

  async start(): Promise<void> {
    this.ledger = await this.#openLedger()
    this.engine = this.#makeEngine()
    this.app = this.#makeApp()
    this.engine.start()
    const known = [...this.ledger.head.tokens.values()][0]
    const token = known ?? (await createRootToken(this.app, 'simulation')).token
    const caller = callerBehind(token, this.app.ledger.head, {
      now: this.clock.now(),
      rolesLast: NO_LOGINS.rolesLast,
    })
    if (caller === undefined) throw new Error('whoever runs the controller is not known')
    this.caller = caller
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
      site: testSite(this.#lists).site,
      limits: LIMITS,
      logins: NO_LOGINS,
      policy: manualPolicy,
      attempts: new AttemptLog(),
      leases: { book: memoryBook(clock), clockError: 5_000 },
      moves: new LeaseMoves(),
      load: followLoad(ledger, inventory, clock),
      reads: new ReadLog(),
      targets: new TargetSearch(),
      clock,
      clockDrift: () => 0,
      log: SILENT,
      randomText: (bytes) => `r${Math.floor(this.random() * 1e12)}`.padEnd(bytes, '0'),
    }
  }

  /** The controller dies without a word; the files and the devices stay. */
  async crash(): Promise<void> {
    const dead = this.engine
    // What the dead one still had in hand must not reach the files.
    this.files = memoryFiles(this.files.disk())
    void dead.stop()
    await this.clock.advance(0)
    await this.start()
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

  noteWanted(block: Block): void {
    for (const { device, rule } of this.placedOf(block)) {
      const rules = this.everWanted.get(device) ?? new Map<string, Rule>()
      this.everWanted.set(device, rules.set(rule.key, rule))
    }
  }

  /** Whether a block ever asked for this rule, or for one around it on a device where only the first match counts. */
  wasWanted(device: string, rule: Rule): boolean {
    const wanted = this.everWanted.get(device) ?? new Map<string, Rule>()
    if (wanted.has(rule.key)) return true
    return CONFIGS[device]?.flowOrder !== undefined && [...wanted.values()].some((one) => covers(one, rule))
  }

  /** What each device should hold, computed from scratch from these blocks: key and action. */
  desired(blocks: Iterable<Block>): Map<string, Map<string, string>> {
    const placed = new Map<string, Map<string, Rule>>()
    for (const block of blocks) {
      if (!isActive(block, this.clock.now())) continue
      for (const { device, rule } of this.placedOf(block)) {
        const rules = placed.get(device) ?? new Map<string, Rule>()
        placed.set(device, rules)
        addStrictest(rules, rule)
      }
    }
    return new Map(
      [...placed].map(([device, rules]) => {
        const all = CONFIGS[device]?.flowOrder === undefined ? rules : withIntersections(rules)
        return [device, new Map([...all].map(([key, { action }]) => [key, actionText(action)]))]
      }),
    )
  }
}

function addStrictest(rules: Map<string, Rule>, rule: Rule): void {
  const there = rules.get(rule.key)
  if (there === undefined || compareActions(rule.action, there.action) < 0) rules.set(rule.key, rule)
}

/** A drop that would be tried after a weaker rule holds where both match. */
function withIntersections(rules: ReadonlyMap<string, Rule>): Map<string, Rule> {
  const all = new Map(rules)
  const flows = [...rules.values()].filter((rule): rule is FilterRule => rule.kind === 'flow')
  for (const one of flows)
    for (const other of flows) {
      const meeting = one.key < other.key ? meet(one, other) : 'apart'
      if (meeting !== 'apart' && meeting.intersection !== undefined) addStrictest(all, meeting.intersection)
    }
  return all
}

function covers(outer: Rule, inner: Rule): boolean {
  return outer.kind === 'flow' && inner.kind === 'flow' && matchCovers(outer.match, inner.match)
}

function counterSalt(): () => string {
  let next = 0
  return () => {
    next += 1
    return `salt-${next}`.padEnd(22, '0')
  }
}
