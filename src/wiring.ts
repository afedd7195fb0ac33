import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { allAdapters, allWitnesses } from '../adapters/index.ts'
import type { HeldList } from '../adapters/list/held.ts'
import type { App } from './app/context.ts'
import { LeaseMoves } from './app/lease-moves.ts'
import { ListTexts } from './app/lists/list-texts.ts'
import { serveBouncers } from './app/lists/serve-bouncers.ts'
import { followLoad } from './app/load.ts'
import { type RunningOutbox, startOutbox } from './app/outbox/outbox.ts'
import { writerOf } from './app/outbox/write.ts'
import { ReadLog } from './app/read-log.ts'
import { Retention } from './app/retention/retention.ts'
import { type InventorySource, InventoryUnusable, type Site } from './app/site.ts'
import { SourceBoard } from './app/sources/board.ts'
import { StatisticsBook } from './app/statistics/book.ts'
import { TargetSearch } from './app/target-search.ts'
import { triggerDesk } from './app/trigger-desk.ts'
import { ThreadBook } from './bindings/thread-book.ts'
import { deviceEnvironments } from './config/device-environments.ts'
import type { Registry } from './config/devices.ts'
import { type LoadedConfig, loadConfig, loadInventory } from './config/load.ts'
import { whatNeedsRestart } from './config/restart.ts'
import { readSecret } from './config/secret.ts'
import { ConfigError, problemText } from './config/yaml-file.ts'
import { adviceBook } from './domain/advice.ts'
import type { Clock } from './domain/clock.ts'
import { NO_LOGINS } from './domain/grant.ts'
import type { Logger } from './domain/log.ts'
import { Engine } from './engine/engine.ts'
import { AttemptLog } from './guards/breaker.ts'
import { inventoryDigest } from './inventory/canonical.ts'
import { buildInventory } from './inventory/inventory.ts'
import { FileLedger } from './ledger/file-ledger.ts'
import { systemSalt } from './ledger/line.ts'
import { openPostOffice, type PostOffice } from './notify/post-office.ts'
import { steadyClock } from './obs/clock.ts'
import { createLog } from './obs/log.ts'
import { manualPolicy } from './policy/command.ts'

/** Everything but the faces, wired and not yet at work. */
export interface Parts {
  readonly app: App
  readonly book: ThreadBook
  readonly office: PostOffice
  readonly ledger: FileLedger
  readonly config: LoadedConfig
  readonly clock: ReturnType<typeof steadyClock>
  readonly log: Logger
}

export interface PartsOptions {
  readonly configPath: string
  readonly env: NodeJS.ProcessEnv
  /** A write to the ledger failed: the process must end at once, without answering anyone. */
  readonly onFatal: (error: unknown) => void
}

/** @param post opens what people are written to with; a panic needs nobody to be written to, and goes without */
export async function wire(
  { configPath, env, onFatal }: PartsOptions,
  post: typeof officeOf = noOffice,
): Promise<Parts> {
  const held = new Map<string, HeldList>()
  const adapters = allAdapters(held)
  const witnesses = allWitnesses()
  const config = await loadConfig(configPath, { adapters, witnesses })
  const log = createLog(config.logLevel)
  const clock = steadyClock()
  const base = { clock, log }
  const ledger = await FileLedger.open({ ...config.ledger, ...base, salt: systemSalt(), onFatal })
  clock.notBefore(ledger.head.at)
  const envFor = await deviceEnvironments(config, ledger, { ...base, env })
  const { inventory, limits, placements } = config
  const parts = { ...base, ledger, inventory, limits }
  const engine = new Engine({ ...parts, placements, adapters, witnesses, envFor, random: Math.random })
  const logins = config.login?.rules ?? NO_LOGINS
  const lists = listsOf({ ...parts, engine }, held, config)
  const own = {
    logins,
    policy: manualPolicy,
    attempts: new AttemptLog(),
    triggers: triggerDesk(ledger, config.policies, config.mappings),
    advice: adviceBook(config.advice),
    sources: new SourceBoard(config.sources, base),
    load: followLoad(ledger, inventory, clock),
    randomText,
    clockDrift: clock.drift,
  }
  const office = await post(config, base, env)
  const site = siteOf(config, inventorySource(configPath, { adapters, witnesses }, config), clock.now())
  const { book, ...audit } = auditOf(config, ledger, base)
  const inbox = office.inbox === undefined ? {} : { inbox: office.inbox }
  const retention = new Retention({ ...parts, engine }, config.retention)
  const app = { ...parts, ...own, ...audit, ...inbox, lists, engine, site, retention }
  return { app, book, office, ledger, config, clock, log }
}

function noOffice(): Promise<PostOffice> {
  return Promise.resolve({ transports: new Map(), close: () => Promise.resolve() })
}

/** The key of the threads is beside the ledger, whose folder holds nothing else. */
export function officeOf(
  { mail, webhooks, letters, ledger, folder }: LoadedConfig,
  base: { readonly clock: Clock; readonly log: Logger },
  env: NodeJS.ProcessEnv,
): Promise<PostOffice> {
  return openPostOffice({
    ...(mail === undefined ? {} : { mail }),
    ...{ webhooks, letters, ...base },
    keyPath: join(dirname(ledger.folder), 'mail-threads.key'),
    secret: (reference) => readSecret(reference, env, folder),
  })
}

/** Tells whoever the site names; nobody where it names none. */
export function tellThem(
  app: App,
  { listeners }: LoadedConfig,
  office: PostOffice,
): readonly RunningOutbox[] {
  if (office.transports.size === 0) return []
  const writer = writerOf(listeners, office.stationery)
  return [startOutbox(app, { hearing: listeners, writer, transports: office.transports })]
}

/** What is read of the past. */
function auditOf(
  { bindings, statistics }: LoadedConfig,
  ledger: FileLedger,
  base: { readonly clock: Clock; readonly log: Logger },
) {
  const { clockError, ...kept } = bindings
  const book = new ThreadBook({ ...kept, ...base })
  return {
    book,
    leases: { book, clockError },
    moves: new LeaseMoves(),
    reads: new ReadLog(),
    targets: new TargetSearch(),
    statistics: { book: new StatisticsBook(ledger, base.clock), rules: statistics },
  }
}

function listsOf(
  parts: Parameters<typeof serveBouncers>[0],
  held: App['lists']['held'],
  { crowdsec }: LoadedConfig,
): App['lists'] {
  const bouncers = crowdsec === undefined ? {} : { bouncers: serveBouncers(parts, crowdsec.serve) }
  return { held, texts: new ListTexts(parts.clock), ...bouncers }
}

function siteOf(config: LoadedConfig, source: InventorySource, loadedAt: number): Site {
  const { inventory, lists, digest, calendar, targets } = config
  const read = { inventory, lists, digest, calendar, targets }
  return { source, ...read, loadedAt, needsRestart: [], failed: undefined, asks: undefined }
}

/** Reads the configuration again. Devices and everything else but the site stay as they run. */
function inventorySource(path: string, registry: Registry, running: LoadedConfig): InventorySource {
  return {
    read: async (text) => {
      const read = await loadInventory(path, registry, text).catch((error: unknown) => {
        if (error instanceof ConfigError) throw new InventoryUnusable(error.problems.map(problemText))
        throw error
      })
      const lists = { ...read.lists, devices: running.lists.devices }
      const { calendar, targets } = read
      const needsRestart = whatNeedsRestart(running, read.fixed)
      const inventory = buildInventory(lists)
      return { lists, inventory, digest: inventoryDigest(lists), calendar, targets, needsRestart }
    },
  }
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}
