import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { panicAs } from './app/automation.ts'
import { followInBackground } from './app/bindings.ts'
import type { App } from './app/context.ts'
import { countEnds } from './app/count-ends.ts'
import { watchEnds } from './app/end-watch.ts'
import { EventTail } from './app/event-tail.ts'
import { reloadAsLocal, settleInventory } from './app/inventory.ts'
import { deskAlarms } from './app/outbox/alarms.ts'
import { watchClocks } from './app/requests/watch-clocks.ts'
import { watchRetention } from './app/retention/watch-retention.ts'
import { followSources } from './app/sources/follow-sources.ts'
import { createRootToken, isTokenGood } from './app/tokens.ts'
import { whatGoesOn } from './app/what-goes-on.ts'
import { type Withdrawn, withdrawn } from './app/withdrawal.ts'
import { readAccessFile, writeAccessFile } from './config/access-file.ts'
import type { LoadedConfig } from './config/load.ts'
import { readSecret } from './config/secret.ts'
import type { Beside as Told } from './http/beside.ts'
import { eventJson } from './http/event-json.ts'
import { type Listening, serve } from './http/listen.ts'
import type { ServerOptions } from './http/server.ts'
import type { FileLedger } from './ledger/file-ledger.ts'
import { LOCAL } from './ledger/state.ts'
import { type Notifying, startNotifying } from './notify/notifying.ts'
import { watchClock } from './obs/clock-watch.ts'
import { officeOf, type PartsOptions, tellThem, wire } from './wiring.ts'

/** A controller that runs. */
export interface Controller {
  readonly app: App
  readonly url: string
  /** Stops it and says what goes on without it. */
  close(): Promise<readonly string[]>
}

export interface ControllerOptions extends PartsOptions {
  readonly version: string
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
  const watching = [watchEnds(app), countEnds(app), watchClocks(app), watchRetention(app)]
  const parts = [sources, ...watching, ...outbox, office, book]
  const standings = () => outbox.flatMap((one) => one.standings())
  const alarms = () => [...notifying.alarms(), ...deskAlarms(ledger.head, standings(), clock.now())]
  const beside = { watch, notifying, told: { ...notifying, alarms, standings }, parts }
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
  /** What the API tells of all that runs. */
  readonly told: Told
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
  const listening = await listen(app, config, options, beside.told)
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
  beside: Told,
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
