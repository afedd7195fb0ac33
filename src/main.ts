import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { allAdapters, allWitnesses } from '../adapters/index.ts'
import type { HeldList } from '../adapters/list/held.ts'
import { panicAs } from './app/automation.ts'
import { followInBackground } from './app/bindings.ts'
import type { App } from './app/context.ts'
import { countEnds } from './app/count-ends.ts'
import { watchEnds } from './app/end-watch.ts'
import { EventTail } from './app/event-tail.ts'
import { reloadAsLocal, settleInventory } from './app/inventory.ts'
import { LeaseMoves } from './app/lease-moves.ts'
import { ListTexts } from './app/lists/list-texts.ts'
import { serveBouncers } from './app/lists/serve-bouncers.ts'
import { followLoad } from './app/load.ts'
import { type RunningOutbox, startOutbox } from './app/outbox/outbox.ts'
import { writerOf } from './app/outbox/write.ts'
import { ReadLog } from './app/read-log.ts'
import { watchClocks } from './app/requests/watch-clocks.ts'
import { type InventorySource, InventoryUnusable, type Site } from './app/site.ts'
import { SourceBoard } from './app/sources/board.ts'
import { followSources } from './app/sources/follow-sources.ts'
import { StatisticsBook } from './app/statistics/book.ts'
import { TargetSearch } from './app/target-search.ts'
import { createRootToken, isTokenGood } from './app/tokens.ts'
import { triggerDesk } from './app/trigger-desk.ts'
import { whatGoesOn } from './app/what-goes-on.ts'
import { type Withdrawn, withdrawn } from './app/withdrawal.ts'
import { ThreadBook } from './bindings/thread-book.ts'
import { readAccessFile, writeAccessFile } from './config/access-file.ts'
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
import { eventJson } from './http/event-json.ts'
import { type Listening, serve } from './http/listen.ts'
import type { ServerOptions } from './http/server.ts'
import { inventoryDigest } from './inventory/canonical.ts'
import { buildInventory } from './inventory/inventory.ts'
import { FileLedger } from './ledger/file-ledger.ts'
import { systemSalt } from './ledger/line.ts'
import { LOCAL } from './ledger/state.ts'
import { type Notifying, startNotifying } from './notify/notifying.ts'
import { openPostOffice, type PostOffice } from './notify/post-office.ts'
import { steadyClock } from './obs/clock.ts'
import { watchClock } from './obs/clock-watch.ts'
import { createLog } from './obs/log.ts'
import { manualPolicy } from './policy/command.ts'

/** A controller that runs. */
export interface Controller {
  readonly app: App
  readonly url: string
  /** Stops it and says what goes on without it. */
  close(): Promise<readonly string[]>
}

export interface ControllerOptions {
  readonly configPath: string
  readonly version: string
  readonly env: NodeJS.ProcessEnv
  /** A write to the ledger failed: the process must end at once, without answering anyone. */
  readonly onFatal: (error: unknown) => void
}

/** Everything but the faces, wired and not yet at work. */
interface Parts {
  readonly app: App
  readonly book: ThreadBook
  readonly office: PostOffice
  readonly ledger: FileLedger
  readonly config: LoadedConfig
  readonly clock: ReturnType<typeof steadyClock>
  readonly log: Logger
}

type PartsOptions = Omit<ControllerOptions, 'version'>

/** @param post opens what people are written to with; a panic needs nobody to be written to, and goes without */
async function wire(
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
  const { clockError, ...kept } = config.bindings
  const book = new ThreadBook({ ...kept, ...base })
  const audit = {
    leases: { book, clockError },
    moves: new LeaseMoves(),
    reads: new ReadLog(),
    targets: new TargetSearch(),
    statistics: { book: new StatisticsBook(ledger, clock), rules: config.statistics },
  }
  const inbox = office.inbox === undefined ? {} : { inbox: office.inbox }
  const app = { ...parts, ...own, ...audit, ...inbox, lists, engine, site }
  return { app, book, office, ledger, config, clock, log }
}

function noOffice(): Promise<PostOffice> {
  return Promise.resolve({ transports: new Map(), close: () => Promise.resolve() })
}

/** The key of the threads is beside the ledger, whose folder holds nothing else. */
function officeOf(
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
function tellThem(app: App, { listeners }: LoadedConfig, office: PostOffice): readonly RunningOutbox[] {
  if (office.transports.size === 0) return []
  const writer = writerOf(listeners, office.stationery)
  return [startOutbox(app, { hearing: listeners, writer, transports: office.transports })]
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

/** Wires everything: the only place that knows all parts. @throws ConfigError, LedgerLocked, LedgerDamaged */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { app, book, office, ledger, config, clock, log } = await wire(options, officeOf)
  const { engine } = app
  await settleInventory(app)
  const notifying = await notify(app, config, options.env).catch(async (error: unknown) => {
    await ledger.close()
    throw error
  })
  for (const [name, { watch }] of engine.devices) watch.onLate((alarm) => notifying.late(name, alarm))
  engine.start()
  followInBackground(app)
  const watch = watchClock(clock, log)
  const sources = followSources(app, config.sources, {
    secret: (reference) => readSecret(reference, options.env, config.folder),
    userAgent: `cordon/${options.version}`,
  })
  const outbox = tellThem(app, config, office)
  const parts = [sources, watchEnds(app), countEnds(app), watchClocks(app), ...outbox, office, book]
  const beside = { watch, notifying, parts }
  return await answerOn(app, ledger, config, options, beside).catch(async (error: unknown) => {
    clearInterval(watch)
    for (const part of parts) await part.close()
    await notifying.close()
    await engine.stop()
    await ledger.close()
    throw error
  })
}

/**
 * Ends every automatic block and freezes automation without a running controller: records it, tells the devices, and
 * waits for them until `deadline` milliseconds are over. Everything else stays as it is.
 * @throws ConfigError, LedgerLocked, LedgerDamaged
 */
export async function panicOffline(
  options: PartsOptions & { readonly reason: string; readonly deadline: number },
): Promise<readonly Withdrawn[]> {
  const { app, ledger, clock } = await wire(options)
  const { engine } = app
  // First, so that no device is told what is ended a moment later.
  await panicAs(app, LOCAL.id, options.reason)
  engine.start()
  const devices = await withdrawn(engine, clock, options.deadline)
  await engine.stop()
  await ledger.close()
  return devices
}

/** What runs beside the engine and the API. */
interface Beside {
  readonly watch: NodeJS.Timeout
  readonly notifying: Notifying
  /** In the order in which they are ended. */
  readonly parts: readonly { close(): Promise<void> }[]
}

/** The export of the audit and the pager. The position is beside the ledger, whose folder holds nothing else. */
function notify(
  { ledger, clock, log }: App,
  { ledger: { folder }, syslog, pager }: LoadedConfig,
  env: NodeJS.ProcessEnv,
): Promise<Notifying> {
  return startNotifying({
    ...{ ledger, clock, log, env },
    ...(syslog === undefined ? {} : { syslog }),
    ...(pager === undefined ? {} : { pager }),
    tail: () => new EventTail(ledger),
    tell: eventJson,
    positionPath: join(dirname(folder), 'audit-export.json'),
    host: { name: hostname(), processId: String(process.pid) },
  })
}

async function answerOn(
  app: App,
  ledger: FileLedger,
  config: LoadedConfig,
  options: ControllerOptions,
  beside: Beside,
): Promise<Controller> {
  const listening = await listen(app, config, options, beside.notifying)
  await leaveAccess(app, config, listening)
  const forget = reloadOnSignal(app)
  const close = (): Promise<readonly string[]> => {
    forget()
    return closeAll(app, ledger, listening, beside)
  }
  return { app, url: listening.url, close }
}

/** SIGHUP reads the inventory anew, as people expect of a service. */
function reloadOnSignal(app: App): () => void {
  const reload = (): void => {
    reloadAsLocal(app).then(
      ({ digest, effects }) =>
        app.log.info({ digest, blocks: effects.length }, 'the inventory was read anew'),
      (error: unknown) => app.log.error({ error: String(error) }, 'the inventory stays as it was'),
    )
  }
  process.on('SIGHUP', reload)
  return () => process.off('SIGHUP', reload)
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

async function closeAll(
  { engine }: App,
  ledger: FileLedger,
  listening: Listening,
  { watch, notifying, parts }: Beside,
): Promise<readonly string[]> {
  clearInterval(watch)
  await listening.close()
  for (const part of parts) await part.close()
  const left = whatGoesOn(engine)
  await engine.stop()
  await notifying.close()
  await ledger.close()
  return left
}

function listen(
  app: App,
  config: LoadedConfig,
  { version, env }: ControllerOptions,
  beside: Notifying,
): Promise<Listening> {
  const { behindTlsProxy, ...rest } = config.listen
  const login = loginOf(config, env)
  return serve(
    app,
    { version, beside, ...(login === undefined ? {} : { login }) },
    { ...rest, ...(behindTlsProxy ? { behindTlsProxy } : {}) },
  )
}

/** The secret is read when the provider is asked: what is wrong with it keeps nobody but those who log in. */
function loginOf({ login, folder }: LoadedConfig, env: NodeJS.ProcessEnv): ServerOptions['login'] {
  if (login === undefined) return undefined
  const { clientSecret, ...provider } = login.provider
  return clientSecret === undefined
    ? provider
    : { ...provider, secret: () => readSecret(clientSecret, env, folder) }
}

/** Leaves the URL and a token where the command line of this user finds them. */
async function leaveAccess(app: App, config: LoadedConfig, { url }: Listening): Promise<void> {
  const before = await readAccessFile(config.accessFile)
  const token =
    before !== undefined && isTokenGood(app, before.token)
      ? before.token
      : (await createRootToken(app, 'access file')).secret
  await mkdir(dirname(config.accessFile), { recursive: true, mode: 0o700 })
  await writeAccessFile(config.accessFile, { url, token })
}
