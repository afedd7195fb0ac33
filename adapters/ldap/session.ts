import { realmOf } from '../../src/domain/identity.ts'
import type { SwitchRule } from '../../src/domain/rule.ts'
import { type AdapterEnv, AdapterError, type Session } from '../adapter.ts'
import { lookRegularly } from '../switching/looking.ts'
import { SwitchingSession } from '../switching/session.ts'
import { accessOf } from './access.ts'
import { intervalOf, type LdapConfig, realmsOf, type Server, serverOf } from './config.ts'
import { Directory } from './directory.ts'
import { DirectoryPanel } from './panel.ts'
import { Replicas } from './replicas.ts'

/**
 * Opens the first server that can be reached. A directory tells nobody when an account is unlocked, so it is asked
 * regularly.
 * @throws AdapterError
 */
export async function openAccounts(config: LdapConfig, env: AdapterEnv): Promise<Session> {
  const open = opener(config, env)
  const directory = await firstOf(config.servers.map(serverOf), open)
  try {
    return begin(config, env, directory, open)
  } catch (error) {
    directory.connection.close()
    throw error
  }
}

type Open = (server: Server, signal?: AbortSignal) => Promise<Directory>

function opener(config: LdapConfig, env: AdapterEnv): Open {
  return async (server, signal) =>
    Directory.open(server, await accessOf(config, env), config, env.clock, signal)
}

/** The next one is for when one is not there: a refusal of one is not asked for of another. @throws AdapterError */
async function firstOf(servers: readonly Server[], open: Open): Promise<Directory> {
  const failed: AdapterError[] = []
  for (const server of servers)
    try {
      return await open(server)
    } catch (error) {
      if (!(error instanceof AdapterError) || !AWAY.includes(error.class)) throw error
      failed.push(error)
    }
  throw new AdapterError(failed[0]?.class ?? 'unreachable', failed.map(({ message }) => message).join('; '))
}

const AWAY: readonly AdapterError['class'][] = ['unreachable', 'timeout', 'busy']

function begin(config: LdapConfig, env: AdapterEnv, directory: Directory, open: Open): Session {
  const { clock } = env
  const servers = (config.replicas ?? []).map(serverOf)
  const replicas = new Replicas({ servers, open, clock, tell: (status) => session.tell(status) })
  const panel = new DirectoryPanel({
    ...{ directory, lock: config.lock, replicas, clock },
  })
  const session = new SwitchingSession({
    ...{ panel, env, known: [], whyNot: (rule) => whyNot(rule, realmsOf(config)) },
    release() {
      replicas.close()
      directory.connection.close()
    },
  })
  directory.connection.onOver((error) => session.ended(error))
  void lookRegularly(session, intervalOf(config), clock, async () => {
    // A directory that has gone silent is noticed also where nothing is locked.
    await directory.requireBase(session.closing)
    await session.look()
  })
  return session
}

function whyNot({ kind, name }: SwitchRule, realms: readonly string[]): string | undefined {
  if (kind !== 'account-locked') return `it takes no ${kind} rules`
  return realms.includes(realmOf(name))
    ? undefined
    : `it has no accounts of ${realmOf(name)}: its configuration says ${realms.join(', ')}`
}
