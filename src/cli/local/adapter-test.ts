import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Type } from 'typebox'
import { type AdapterEnv, AdapterError, type Check } from '../../../adapters/adapter.ts'
import { ByHand } from '../../../adapters/script/by-hand.ts'
import { type ScriptConfig, scriptConfigSchema } from '../../../adapters/script/config.ts'
import { scriptAdapter } from '../../../adapters/script/index.ts'
import { Script } from '../../../adapters/script/script.ts'
import { readSecret } from '../../config/secret.ts'
import { ConfigError, problemText, readYamlFile } from '../../config/yaml-file.ts'
import { SILENT } from '../../domain/log.ts'
import { steadyClock } from '../../obs/clock.ts'
import { usage } from '../exit.ts'

export interface TrialWish {
  /** By its whole path. */
  readonly executable: string
  readonly args: readonly string[]
  /** A file of what stands below `config` of a device. */
  readonly config: string | undefined
  readonly user: string | undefined
  readonly realm: string | undefined
  readonly accounts: readonly string[]
}

/** A script, and the accounts that it is tried with. */
export interface Trial {
  readonly config: ScriptConfig
  /** They are locked and unlocked many times. */
  readonly accounts: readonly string[]
  /** One that is never locked through the adapter. */
  readonly bystander: string
  /** From which references to files go. */
  readonly folder: string
}

/** As many as laws need beside each other, and one that nothing may happen to. */
const FEWEST = 6
const USUAL = 9

const fileSchema = Type.Partial(Type.Omit(scriptConfigSchema, ['command', 'accounts', 'kinds', 'stations']), {
  additionalProperties: false,
})

/** @throws CliError with what is wrong, and what would be right */
export async function readTrial(wish: TrialWish): Promise<Trial> {
  const given = wish.config === undefined ? {} : await readConfig(wish.config)
  const [realm = wish.realm] = given.realms ?? []
  if (realm === undefined) throw usage('say whose accounts these are: --realm campus.example')
  const named = wish.accounts.length > 0 ? wish.accounts : usualAccounts(wish.realm ?? realm)
  const names = [...new Set(named.map((name) => name.toLowerCase()))]
  if (names.length < FEWEST)
    throw usage(`name at least ${FEWEST} test accounts by --account; the last of them is never touched`)
  const config: ScriptConfig = {
    ...given,
    kinds: ['account-locked'],
    realms: [...new Set([...(wish.realm === undefined ? [] : [wish.realm]), ...(given.realms ?? [])])],
    command: [wish.executable, ...wish.args],
    ...(wish.user === undefined ? {} : { user: wish.user }),
  }
  const why = scriptAdapter.whyUnusable?.({ ...config, accounts: names })
  if (why !== undefined) throw usage(why)
  const folder = wish.config === undefined ? dirname(wish.executable) : dirname(wish.config)
  return { config, accounts: names.slice(0, -1), bystander: names.at(-1) ?? '', folder }
}

function usualAccounts(realm: string): string[] {
  return Array.from({ length: USUAL }, (_, at) => `contract${at}@${realm}`)
}

async function readConfig(file: string): Promise<Partial<ScriptConfig>> {
  try {
    return (await readYamlFile(file, fileSchema)).data
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw usage([`${file} cannot be used:`, ...error.problems.map(problemText)].join('\n'))
  }
}

/** What must be so before anything is locked, up to the first that is not: the last is that all accounts can be used. */
export async function checkTrial(
  trial: Trial,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  return inFolder(trial, env, async (given) => {
    const checks = (await scriptAdapter.check?.(trial.config, given, signal)) ?? []
    if (checks.some(({ ok }) => !ok)) return checks
    const words = await whyNotUsable(trial, given, signal)
    const all = `all ${trial.accounts.length + 1} test accounts are there and can be used`
    return [...checks, { what: 'containers', ok: words === undefined, words: words ?? all }]
  })
}

async function whyNotUsable(trial: Trial, env: AdapterEnv, signal: AbortSignal): Promise<string | undefined> {
  try {
    const hand = new ByHand(await Script.open(trial.config, env, signal), env.clock, signal)
    const all = await hand.readAll(everybody(trial))
    const locked = [...all].flatMap(([name, at]) => (at === 'down' ? name : []))
    if (locked.length === 0) return undefined
    return `somebody has locked ${locked.join(', ')}: unlock them, or name others by --account`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Unlocks what a trial that was broken off has left locked. @returns why that could not be done, if so */
export async function giveBack(trial: Trial, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { signal } = new AbortController()
  return inFolder(trial, env, async (given) => {
    try {
      const hand = new ByHand(await Script.open(trial.config, given, signal), given.clock, signal)
      await hand.giveBack(everybody(trial))
      return undefined
    } catch (error) {
      return error instanceof AdapterError ? `${error.class}: ${error.message}` : String(error)
    }
  })
}

function everybody({ accounts, bystander }: Trial): readonly string[] {
  return [...accounts, bystander]
}

async function inFolder<T>(
  { folder }: Trial,
  env: NodeJS.ProcessEnv,
  run: (env: AdapterEnv) => Promise<T>,
): Promise<T> {
  const runtimeFolder = await mkdtemp(join(tmpdir(), 'cordon-s-'))
  try {
    return await run({
      ...{ device: 'script', clock: steadyClock(), log: SILENT, runtimeFolder },
      secret: (reference) => readSecret(reference, env, folder),
      remember: () => Promise.reject(new Error('nothing is remembered without a controller')),
      recall: () => undefined,
    })
  } finally {
    await rm(runtimeFolder, { recursive: true, force: true })
  }
}
