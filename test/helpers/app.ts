import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Adapter } from '../../adapters/adapter.ts'
import type { ListConfig } from '../../adapters/list/index.ts'
import type { MemoryDevice } from '../../adapters/memory/device.ts'
import { createMemoryAdapter, type MemoryConfig } from '../../adapters/memory/index.ts'
import type { WitnessAdapter } from '../../adapters/witness.ts'
import type { App } from '../../src/app/context.ts'
import { LeaseMoves } from '../../src/app/lease-moves.ts'
import { followLoad } from '../../src/app/load.ts'
import type { Inbox } from '../../src/app/mail-in/inbox.ts'
import { addPerson } from '../../src/app/people.ts'
import { ReadLog } from '../../src/app/read-log.ts'
import { Retention } from '../../src/app/retention/retention.ts'
import type { Site } from '../../src/app/site.ts'
import { SourceBoard } from '../../src/app/sources/board.ts'
import { StatisticsBook } from '../../src/app/statistics/book.ts'
import type { PublicRules } from '../../src/app/statistics/public-rules.ts'
import { TargetSearch } from '../../src/app/target-search.ts'
import { authenticate, createRootToken, createToken, type NewToken } from '../../src/app/tokens.ts'
import { triggerDesk } from '../../src/app/trigger-desk.ts'
import type { Calendar } from '../../src/calendar/calendar.ts'
import { plainCalendar } from '../../src/calendar/plain-calendar.ts'
import { DEFAULT_TARGETS } from '../../src/calendar/service-target.ts'
import { type Advice, adviceBook } from '../../src/domain/advice.ts'
import type { Clock } from '../../src/domain/clock.ts'
import { type LoginRules, NO_LOGINS } from '../../src/domain/grant.ts'
import { type Logger, SILENT } from '../../src/domain/log.ts'
import type { RetentionTimes } from '../../src/domain/retention.ts'
import { type AccessScope, type Role, SCOPES } from '../../src/domain/role.ts'
import type { EntryKind } from '../../src/domain/rule.ts'
import { Engine } from '../../src/engine/engine.ts'
import { AttemptLog } from '../../src/guards/breaker.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/guards/limits.ts'
import { inventoryDigest } from '../../src/inventory/canonical.ts'
import { buildInventory, type Inventory, type InventoryLists } from '../../src/inventory/inventory.ts'
import { FileLedger } from '../../src/ledger/file-ledger.ts'
import type { Files } from '../../src/ledger/files.ts'
import { systemSalt } from '../../src/ledger/line.ts'
import type { PlacementRule } from '../../src/placement/table.ts'
import { manualPolicy } from '../../src/policy/command.ts'
import type { Policy } from '../../src/policy/compile.ts'
import type { Source } from '../../src/triggers/source.ts'
import { exampleSite } from './example-site.ts'
import { Feed } from './feed.ts'
import { memoryBook } from './memory-book.ts'
import { testClock } from './test-clock.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface AppOptions {
  /** Of the devices `edge-1` and `edge-2`. */
  readonly edge?: MemoryConfig
  /** Of a list `feed`, which every block comes to as well and bouncers are told; there is none unless told. */
  readonly feed?: ListConfig
  /** Where blocks are placed, ahead of what is said by `as`. */
  readonly placements?: readonly PlacementRule[]
  /** As what every block is placed; `acl` unless told. */
  readonly as?: EntryKind
  readonly limits?: Partial<Limits>
  /** What decides about triggers; nothing unless told. */
  readonly policies?: readonly Policy[]
  /** What people are told to do about blocks; nothing unless told. */
  readonly advice?: readonly Advice[]
  /** Told of by `app.sources`; a test follows them itself. */
  readonly sources?: readonly Source[]
  /** Nobody logs in unless told. */
  readonly logins?: LoginRules
  readonly log?: Logger
  /** Devices that were there before. */
  readonly devices?: Map<string, MemoryDevice>
  /** Whether a session with a device can be opened; always unless told. */
  readonly reachable?: () => boolean
  /** An earlier app's folder: starts again on its ledger. */
  readonly folder?: string
  readonly files?: (folder: string) => Promise<Files>
  readonly retainEndedMs?: number
  readonly clockDrift?: number
  /** Of the public form of statistics. */
  readonly statistics?: Partial<PublicRules>
  /** How long personal data is kept; for good unless told. */
  readonly retention?: RetentionTimes
  /** How much faster than ours its time passes; 1 unless told. */
  readonly pace?: number
  /** Moves its time in place of ours; files have to be in memory then. */
  readonly virtual?: VirtualClock
  /** Changes the example site before the app begins. */
  readonly site?: (lists: InventoryLists) => InventoryLists
  /** What reads mail that comes in; there is none unless told. */
  readonly inbox?: Inbox
  /** Watches the router `r1` behind `edge-1`, which has 50 ms to be seen. */
  readonly witness?: WitnessAdapter
}

export interface TestApp extends App {
  readonly folder: string
  /** What the inventory is when it is read anew, by what it is; it may throw what the source throws. */
  change(to: (lists: InventoryLists) => InventoryLists): void
  /** What the calendar is when the site is read anew. */
  schedule(calendar: Calendar): void
  /** What the devices hold, by name. */
  readonly devices: Map<string, MemoryDevice>
  /** Moves this app's wall clock, and with it every end, but no timer. */
  skip(ms: number): void
  /** Secret of a token that may do everything, as a person. */
  root(): Promise<string>
  /** Secret of a token with these rights. */
  token(scopes: readonly AccessScope[], origin?: 'person' | 'automatic'): Promise<string>
  /** Secret of the token of a new person with these roles. */
  person(name: string, roles: readonly Role[], departments?: readonly string[]): Promise<string>
  /** Secret of the token of a machine. */
  machine(
    more?: Partial<Pick<NewToken, 'bounds' | 'departments' | 'name' | 'roles' | 'until'>>,
  ): Promise<string>
  /** Stops the app and leaves its folder for another. */
  stop(): Promise<void>
  /** Stops the app and removes its folder. */
  close(): Promise<void>
}

/** A whole controller in this process: a ledger in a folder of its own, an example site, two memory devices. */
export async function makeApp(options: AppOptions = {}): Promise<TestApp> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'cordon-app-')))
  const { clock, skip, drop } = timeOf(options)
  const log = options.log ?? SILENT
  const devices = options.devices ?? new Map<string, MemoryDevice>()
  const adapter = createMemoryAdapter(devices, options.reachable)
  const feed = new Feed(options.feed)
  const lists = (options.site ?? unchanged)(exampleSite(adapter, options, feed))
  const inventory = buildInventory(lists)
  const { site, change, schedule } = testSite(lists)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const ledger = await openLedger(folder, clock, log, options)
  const engine = startEngine({
    ...{ ledger, inventory, limits, adapter, feed, clock, log, witness: options.witness },
    placements: [...(options.placements ?? []), ...everywhere(options.as ?? 'acl', feed)],
  })
  const app: App = {
    ledger,
    engine,
    inventory,
    site,
    limits,
    ...{ logins: options.logins ?? NO_LOGINS, policy: manualPolicy, attempts: new AttemptLog() },
    ...{ triggers: triggerDesk(ledger, options.policies ?? []), advice: adviceBook(options.advice ?? []) },
    ...{ leases: { book: memoryBook(clock), clockError: 5_000 }, moves: new LeaseMoves() },
    load: followLoad(ledger, inventory, clock),
    ...{ reads: new ReadLog(), targets: new TargetSearch(), ...figures(ledger, clock, options) },
    retention: new Retention({ ledger, engine, clock, log }, options.retention ?? {}),
    ...{ clock, log, sources: new SourceBoard(options.sources ?? [], { clock, log }) },
    lists: feed.served({ ledger, engine, clock, log }),
    ...{
      clockDrift: () => options.clockDrift ?? 0,
      randomText: (bytes) => randomBytes(bytes).toString('base64url'),
    },
    ...(options.inbox === undefined ? {} : { inbox: options.inbox }),
  }
  const stop = () => engine.stop().then(() => ledger.close().then(drop))
  const close = () => stop().then(() => rm(folder, { recursive: true, force: true }))
  return { ...app, folder, devices, skip, change, schedule, ...tokensOf(app), stop, close }
}

function timeOf({ virtual, pace = 1 }: AppOptions): ReturnType<typeof testClock> {
  if (virtual === undefined) return testClock(pace)
  return { clock: virtual, skip: (ms) => virtual.stepWall(ms), drop: () => {} }
}

function unchanged(lists: InventoryLists): InventoryLists {
  return lists
}

function figures(ledger: FileLedger, clock: Clock, { statistics }: AppOptions): Pick<App, 'statistics'> {
  const rules = { open: false, smallest: 5, departmentUsers: 50, ...statistics }
  return { statistics: { book: new StatisticsBook(ledger, clock), rules } }
}

/** A site that is read anew as a test changes it. */
export function testSite(lists: InventoryLists): { site: Site } & Pick<TestApp, 'change' | 'schedule'> {
  let next = (): InventoryLists => lists
  let service = { calendar: plainCalendar(), targets: DEFAULT_TARGETS }
  const read = async () => {
    const fresh = next()
    const digest = inventoryDigest(fresh)
    return { inventory: buildInventory(fresh), lists: fresh, digest, ...service, needsRestart: [] }
  }
  const state = { loadedAt: 0, needsRestart: [], failed: undefined, asks: undefined }
  return {
    site: {
      source: { read },
      inventory: buildInventory(lists),
      lists,
      digest: inventoryDigest(lists),
      ...service,
      ...state,
    },
    change: (to) => {
      next = () => to(lists)
    },
    schedule: (calendar) => {
      service = { ...service, calendar }
    },
  }
}

async function openLedger(
  folder: string,
  clock: Clock,
  log: Logger,
  { files, retainEndedMs = 3_600_000 }: AppOptions,
): Promise<FileLedger> {
  return FileLedger.open({
    folder,
    clock,
    log,
    salt: systemSalt(),
    retainEndedMs,
    segmentBytes: 64 << 20,
    checkpointEvents: 1_000_000,
    onFatal: (error) => {
      throw error
    },
    ...(files === undefined ? {} : { files: await files(folder) }),
  })
}

function tokensOf(app: App): Pick<TestApp, 'root' | 'token' | 'person' | 'machine'> {
  let first: Promise<string> | undefined
  const root = (): Promise<string> => {
    first ??= createRootToken(app, 'root').then(({ secret }) => secret)
    return first
  }
  return {
    root,
    async token(scopes, origin = 'person') {
      const caller = authenticate(app, await root())
      return (await createToken(app, caller, { name: `for ${origin}`, scopes, origin, until: null })).secret
    },
    async person(name, roles, departments) {
      const caller = authenticate(app, await root())
      const bound = departments === undefined ? {} : { departments }
      const { id } = await addPerson(app, caller, { name, roles, ...bound })
      const wanted = { name: `of ${name}`, roles, origin: 'person', person: id, until: null } as const
      return (await createToken(app, caller, wanted)).secret
    },
    async machine(more = {}) {
      const caller = authenticate(app, await root())
      const wanted = { name: 'a trigger', roles: ['trigger'], origin: 'automatic', until: null } as const
      return (await createToken(app, caller, { ...wanted, ...more })).secret
    },
  }
}

/** Every right there is. */
export const ALL_SCOPES = SCOPES

function everywhere(as: EntryKind, feed: Feed): readonly PlacementRule[] {
  const use = ['edge-1', 'edge-2'].map((device) => ({ device, as }))
  return [{ name: 'everything', when: {}, use: [...use, ...feed.use] }]
}

function startEngine(parts: {
  ledger: FileLedger
  inventory: Inventory
  limits: Limits
  adapter: Adapter
  feed: Feed
  clock: Clock
  log: Logger
  witness: WitnessAdapter | undefined
  placements: readonly PlacementRule[]
}): Engine {
  const { ledger, inventory, limits, adapter, feed, clock, log, witness, placements } = parts
  const memos = new Map<string, string>()
  const engine = new Engine({
    ledger,
    inventory,
    placements,
    limits,
    adapters: new Map([adapter, feed.adapter].map((one) => [one.kind, one])),
    witnesses: new Map(witness === undefined ? [] : [['eye', witness]]),
    envFor: (device) => ({
      device,
      clock,
      log,
      runtimeFolder: '',
      secret: async () => '',
      remember: async (memo) => void memos.set(device, memo),
      recall: () => memos.get(device),
    }),
    clock,
    log,
    random: () => 0.5,
  })
  engine.start()
  return engine
}
