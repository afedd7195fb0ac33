import { realmOf } from '../../src/domain/identity.ts'
import {
  type Action,
  type IdentityKind,
  identityRule,
  isStationName,
  type SwitchRule,
} from '../../src/domain/rule.ts'
import type { AdapterEnv, Session } from '../adapter.ts'
import { lookRegularly } from '../switching/looking.ts'
import { SwitchingSession } from '../switching/session.ts'
import { accountsOf, intervalOf, kindsOf, realmsOf, type ScriptConfig } from './config.ts'
import { ScriptPanel } from './panel.ts'
import { Script } from './script.ts'

/**
 * Opens a system that a script speaks for, once that has answered for nobody. It tells nobody when an account is
 * unlocked, so it is asked regularly.
 * @throws AdapterError
 */
export async function openScript(config: ScriptConfig, env: AdapterEnv): Promise<Session> {
  const never = new AbortController().signal
  const script = await Script.open(config, env, never)
  await greet(script, config, never)
  const session = new SwitchingSession({
    ...{ panel: new ScriptPanel(script), env },
    known: listedIn(config),
    whyNot: (rule) => whyNot(rule, 'account-locked', config),
    sessions: (rule) => whyNot(rule, 'no-session', config),
    release: () => undefined,
  })
  void lookRegularly(session, intervalOf(config), env.clock, async () => {
    // One that has stopped working is noticed also where nothing is locked.
    await greet(script, config, session.closing)
    await session.look()
  })
  return session
}

/** @throws AdapterError when it does not answer, or not as it should */
export async function greet(script: Script, config: ScriptConfig, signal: AbortSignal): Promise<void> {
  for (const kind of kindsOf(config)) await script.read({ operation: 'read', kind, who: [] }, signal)
}

/** All that may be locked, where only some may. */
function listedIn(config: ScriptConfig): SwitchRule[] {
  if (!kindsOf(config).includes('account-locked')) return []
  return (accountsOf(config) ?? []).map((name) => identityRule('account-locked', name))
}

function whyNot(
  { kind, name, action }: SwitchRule,
  takes: IdentityKind,
  config: ScriptConfig,
): string | undefined {
  if (kind !== takes || !kindsOf(config).includes(takes)) return `it takes no ${kind} rules`
  if (isStationName(name)) return whyNoStation(action, config)
  const realms = realmsOf(config)
  if (realms?.includes(realmOf(name)) === false)
    return `it has no accounts of ${realmOf(name)}: its configuration says ${realms.join(', ')}`
  const accounts = accountsOf(config)
  if (accounts === undefined || accounts.includes(name)) return undefined
  return `it may not touch ${name}: its configuration allows ${accounts.join(', ')}`
}

function whyNoStation({ do: action }: Action, { stations = [] }: ScriptConfig): string | undefined {
  if (stations.some((one) => one === action)) return undefined
  return `it does no ${action} to stations: its configuration says ${stations.join(', ') || 'nothing of stations'}`
}
