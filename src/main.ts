import { hash, randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AdapterEnv } from '../adapters/adapter.ts'
import { allAdapters, allWitnesses } from '../adapters/index.ts'
import { panicAs } from './app/automation.ts'
import type { App } from './app/context.ts'
import { createRootToken, isTokenGood } from './app/tokens.ts'
import { readAccessFile, writeAccessFile } from './config/access-file.ts'
import { type LoadedConfig, loadConfig } from './config/load.ts'
import { readSecret } from './config/secret.ts'
import { sleep, wasStepped } from './domain/clock.ts'
import { NO_LOGINS } from './domain/grant.ts'
import type { Logger } from './domain/log.ts'
import { Engine } from './engine/engine.ts'
import type { Managed } from './engine/manage.ts'
import { AttemptLog } from './guards/breaker.ts'
import { type Listening, serve } from './http/listen.ts'
import type { ServerOptions } from './http/server.ts'
import { FileLedger } from './ledger/file-ledger.ts'
import type { Ledger } from './ledger/ledger.ts'
import { systemSalt } from './ledger/line.ts'
import { LOCAL } from './ledger/state.ts'
import { steadyClock } from './obs/clock.ts'
import { createLog } from './obs/log.ts'
import { manualPolicy } from './policy/policy.ts'

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
  readonly ledger: FileLedger
  readonly config: LoadedConfig
  readonly clock: ReturnType<typeof steadyClock>
  readonly log: Logger
}

type PartsOptions = Omit<ControllerOptions, 'version'>

async function wire({ configPath, env, onFatal }: PartsOptions): Promise<Parts> {
  const adapters = allAdapters()
  const witnesses = allWitnesses()
  const config = await loadConfig(configPath, { adapters, witnesses })
  const log = createLog(config.logLevel)
  const clock = steadyClock()
  const base = { clock, log }
  const ledger = await FileLedger.open({ ...config.ledger, ...base, salt: systemSalt(), onFatal })
  clock.notBefore(ledger.head.at)
  const envFor = await deviceEnvironments(config, ledger, { ...base, env })
  const { inventory, limits, placements } = config
  const site = { ...base, ledger, inventory, limits }
  const engine = new Engine({ ...site, placements, adapters, witnesses, envFor, random: Math.random })
  const logins = config.login?.rules ?? NO_LOGINS
  const own = {
    logins,
    policy: manualPolicy,
    attempts: new AttemptLog(),
    randomText,
    clockDrift: clock.drift,
  }
  return { app: { ...site, ...own, engine }, ledger, config, clock, log }
}

/** Wires everything: the only place that knows all parts. @throws ConfigError, LedgerLocked, LedgerDamaged */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { app, ledger, config, clock, log } = await wire(options)
  const { engine } = app
  engine.start()
  const watch = watchClock(clock, log)
  return await answerOn(app, ledger, config, options, watch).catch(async (error: unknown) => {
    clearInterval(watch)
    await engine.stop()
    await ledger.close()
    throw error
  })
}

/** What became of a device while every automatic block was withdrawn. */
export interface Withdrawn {
  readonly device: string
  /** Whether it was read and told everything. */
  readonly done: boolean
  readonly words: string
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
  const end = clock.now() + options.deadline
  const isDone = ({ runner, table }: Managed): boolean =>
    runner.status.state === 'ready' && table.backlog === 0
  const settled = ({ device }: Managed): boolean => engine.isHeld(device.name)
  // A reading that has just ended may still be without what it leads to.
  let calm = 0
  while (clock.now() < end && calm < CALM) {
    calm = [...engine.devices.values()].every((one) => isDone(one) || settled(one)) ? calm + 1 : 0
    await sleep(clock, LOOK_EVERY)
  }
  const devices = [...engine.devices.values()].map((one) => withdrawnOf(one, isDone(one), engine))
  await engine.stop()
  await ledger.close()
  return devices
}

const LOOK_EVERY = 50
const CALM = 4

function withdrawnOf({ device, runner, table }: Managed, done: boolean, engine: Engine): Withdrawn {
  const { name } = device
  if (engine.isHeld(name))
    return { device: name, done: false, words: 'a person holds it: nothing was changed there' }
  if (runner.withheldWhy !== undefined) return { device: name, done: false, words: runner.withheldWhy }
  const { state, error } = runner.status
  if (error !== undefined && state !== 'ready')
    return { device: name, done: false, words: `${state}: ${error.words}` }
  return {
    device: name,
    done,
    words: done
      ? `${table.present} rules of other blocks stay`
      : `${table.backlog} rules are still to be told`,
  }
}

async function answerOn(
  app: App,
  ledger: FileLedger,
  config: LoadedConfig,
  options: ControllerOptions,
  watch: NodeJS.Timeout,
): Promise<Controller> {
  const listening = await listen(app, config, options)
  await leaveAccess(app, config, listening)
  return { app, url: listening.url, close: () => closeAll(app, ledger, listening, watch) }
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

async function closeAll(
  { engine }: App,
  ledger: FileLedger,
  listening: Listening,
  watch: NodeJS.Timeout,
): Promise<readonly string[]> {
  clearInterval(watch)
  await listening.close()
  const left = whatGoesOn(engine)
  await engine.stop()
  await ledger.close()
  return left
}

function listen(app: App, config: LoadedConfig, { version, env }: ControllerOptions): Promise<Listening> {
  const { behindTlsProxy, ...rest } = config.listen
  const login = loginOf(config, env)
  return serve(
    app,
    { version, ...(login === undefined ? {} : { login }) },
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

type EnvFor = (device: string, enforcer?: string) => AdapterEnv

async function deviceEnvironments(
  config: LoadedConfig,
  ledger: Ledger,
  base: Pick<AdapterEnv, 'clock'> & { log: ReturnType<typeof createLog>; env: NodeJS.ProcessEnv },
): Promise<EnvFor> {
  const folders = new Map<string, string>()
  for (const device of config.inventory.devices.values()) {
    for (const name of [
      device.name,
      ...device.enforcers.map((enforcer) => memoName(device.name, enforcer.name)),
    ]) {
      const folder = join(config.runtimeFolder, folderName(name))
      await mkdir(folder, { recursive: true, mode: 0o700 })
      folders.set(name, folder)
    }
  }
  return (device, enforcer) => {
    const name = enforcer === undefined ? device : memoName(device, enforcer)
    const log: Logger = base.log.child({ device: name })
    return {
      device: name,
      clock: base.clock,
      log,
      runtimeFolder: folders.get(name) ?? config.runtimeFolder,
      secret: (reference) => readSecret(reference, base.env, config.folder),
      remember: (memo) =>
        ledger.commit(() => ({ events: [{ type: 'memo', device: name, memo }], answer: undefined }), {
          bytes: 1_024 + 6 * memo.length,
          always: false,
        }),
      recall: () => ledger.head.memos.get(name),
    }
  }
}

function memoName(device: string, enforcer: string): string {
  return `${device}/${enforcer}`
}

/** A long name would make the path of a Unix socket longer than the kernel takes. */
function folderName(name: string): string {
  const plain = name.replaceAll('/', '+')
  return plain.length <= 24 ? plain : `${plain.slice(0, 15)}-${hash('sha256', name, 'hex').slice(0, 8)}`
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

const CLOCK_EVERY = 10_000
function watchClock(clock: ReturnType<typeof steadyClock>, log: Logger): NodeJS.Timeout {
  let alarmed = false
  const timer = setInterval(() => {
    const drift = clock.drift()
    const stepped = wasStepped(drift)
    if (stepped && !alarmed)
      log.error(
        { drift },
        'the wall clock was stepped; ends of blocks go by the clock as it was until a restart',
      )
    alarmed = stepped
  }, CLOCK_EVERY)
  timer.unref()
  return timer
}

/** What stays as it is when the controller stops, device by device. */
function whatGoesOn(engine: Engine): string[] {
  return [...engine.devices.values()].map(({ device, table }) => {
    const rules = `${table.present} ${table.present === 1 ? 'rule' : 'rules'}`
    switch (device.kind) {
      case 'memory':
        return `${device.name}: was only in memory; nothing is enforced`
      case 'exabgp':
        return `${device.name}: ExaBGP goes on announcing ${rules}; the next start takes it over`
      default:
        return `${device.name}: goes on enforcing ${rules}`
    }
  })
}
