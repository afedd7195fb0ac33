import { type AdapterEnv, AdapterError, type Check } from '../adapter.ts'
import { looked } from '../configured/checks.ts'
import { accessOf } from './access.ts'
import { type LdapConfig, type Lock, type Server, serverOf } from './config.ts'
import { Connection } from './connection.ts'
import { Directory } from './directory.ts'

/** Everything that must be so, server by server, before accounts can be locked there. Nothing is changed. */
export async function checkDirectory(
  config: LdapConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const checks: Check[] = []
  for (const url of [...config.servers, ...(config.replicas ?? [])])
    checks.push(...(await checkServer(serverOf(url), config, env, signal)))
  return checks
}

async function checkServer(
  server: Server,
  config: LdapConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { url } = server
  let connection: Connection
  try {
    connection = await Connection.open(server, await accessOf(config, env), env.clock, signal)
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    return notIn(error, url)
  }
  try {
    return [...LOGGED_IN(url), await looked('rights', () => rights(connection, config, signal))]
  } finally {
    connection.close()
  }
}

const LOGGED_IN = (url: string): readonly Check[] => [
  { what: 'reach', ok: true, words: `${url} answers` },
  { what: 'host-key', ok: true, words: `${url} is the server it should be, or is on this host` },
  { what: 'login', ok: true, words: `${url} lets us in` },
]
const STEPS = ['reach', 'host-key', 'login'] as const

function notIn({ class: errorClass, message }: AdapterError, url: string): readonly Check[] {
  const what = errorClass === 'host-key' ? 'host-key' : errorClass === 'auth' ? 'login' : 'reach'
  return [...LOGGED_IN(url).slice(0, STEPS.indexOf(what)), { what, ok: false, words: message }]
}

async function rights(
  connection: Connection,
  config: LdapConfig,
  signal: AbortSignal,
): Promise<Omit<Check, 'what'>> {
  const directory = await Directory.on(connection, config, signal)
  const why = await whyNoLock(directory, config.lock, signal)
  if (why !== undefined) return { ok: false, words: why }
  const words = `${connection.url} shows ${config.base}, and what locks there`
  return { ok: true, words: `${words}; whether it lets us write is seen with the first block` }
}

async function whyNoLock(directory: Directory, lock: Lock, signal: AbortSignal): Promise<string | undefined> {
  if (lock.how === 'ppolicy') return directory.whyNoLockout(lock.policy, signal)
  if (lock.how === 'group') return directory.whyNoGroup(lock.dn, signal)
  return undefined
}
