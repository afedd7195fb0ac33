import { sleep } from '../../src/domain/clock.ts'
import { realmOf } from '../../src/domain/identity.ts'
import type { SwitchRule } from '../../src/domain/rule.ts'
import { type AdapterEnv, AdapterError, type Session } from '../adapter.ts'
import { SwitchingSession } from '../switching/session.ts'
import type { LdapConfig } from './config.ts'
import { Directory } from './directory.ts'
import { DirectoryPanel } from './panel.ts'

const INTERVAL_MS = 10_000

/**
 * Logs in to the first server that answers, and to every replica. A directory tells nobody when an account is unlocked,
 * so it is asked regularly. @throws AdapterError
 */
export async function openDirectory(config: LdapConfig, env: AdapterEnv): Promise<Session> {
  const ended = new AbortController()
  const opened: Directory[] = []
  const close = (): void => {
    ended.abort()
    for (const one of opened) void one.close()
  }
  try {
    const password = config.password === undefined ? undefined : await env.secret(config.password)
    const main = await firstOf(config, password, ended.signal)
    opened.push(main)
    for (const url of config.replicas ?? [])
      opened.push(await Directory.open(url, config, password, ended.signal))
    const session = new SwitchingSession({
      panel: new DirectoryPanel(config, main, opened.slice(1)),
      ...{ env, known: [], release: close },
      whyNot: (rule) => whyNot(config, rule),
    })
    void lookRegularly(session, opened, config.interval ?? INTERVAL_MS, env)
    return session
  } catch (error) {
    close()
    throw error
  }
}

/** @throws AdapterError of the last one, when none can be used */
async function firstOf(
  config: LdapConfig,
  password: string | undefined,
  signal: AbortSignal,
): Promise<Directory> {
  let last: unknown
  for (const url of config.servers) {
    try {
      return await Directory.open(url, config, password, signal)
    } catch (error) {
      last = error
    }
  }
  throw last
}

/** Why an account is none of this directory's. */
function whyNot({ realms }: LdapConfig, { kind, name }: SwitchRule): string | undefined {
  if (kind !== 'account-locked') return `it takes no ${kind} rules`
  if (realms.some((realm) => realm.toLowerCase() === realmOf(name))) return undefined
  return `it has no accounts of ${realmOf(name)}: its configuration says ${realms.join(', ')}`
}

async function lookRegularly(
  session: SwitchingSession,
  directories: readonly Directory[],
  interval: number,
  { clock }: Pick<AdapterEnv, 'clock'>,
): Promise<void> {
  const { closing } = session
  while (!closing.aborted && session.down === undefined) {
    await sleep(clock, interval, closing)
    if (closing.aborted) return
    const lost = directories.find(({ isConnected }) => !isConnected)
    if (lost !== undefined)
      session.ended(new AdapterError('unreachable', `${lost.server} closed the connection`))
    else await session.look().catch((error: unknown) => session.ended(error))
  }
}
