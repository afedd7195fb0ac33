import { parsePrefix } from '../../src/domain/prefix.ts'
import type { AdapterEnv, Check } from '../adapter.ts'
import { capacityLook, checkedOn, clockLook, containersLook, looked } from '../configured/checks.ts'
import { listedRule } from '../configured/prefixes.ts'
import type { NetconfSession } from '../transport/netconf/session.ts'
import { driverOf, maxEntriesOf, type NetconfConfig } from './config.ts'
import { connect } from './connect.ts'
import { editOf, NetconfDevice } from './device.ts'
import { lackingOn } from './install.ts'
import { ask } from './reading.ts'
import { Transactions } from './transaction.ts'

const ASK_WITHIN_MS = 15_000
/** A documentation address (RFC 5737) that is written into a candidate and thrown away. */
const TRIAL = listedRule('from', parsePrefix('192.0.2.254/32'))

type Look = Omit<Check, 'what'>

/** Everything that must be so before blocks can be put there. Nothing is changed. */
export async function checkDevice(
  config: NetconfConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { clock } = driverOf(config)
  return await checkedOn(
    () => connect(config, env, signal),
    async (session) => [
      await looked('rights', () => rights(session, config, signal)),
      await looked('containers', () => containers(session, config, signal)),
      await looked('capacity', () => capacity(session, config, signal)),
      ...(clock === undefined ? [] : [await looked('clock', () => time(session, config, env, signal))]),
    ],
  )
}

async function rights(session: NetconfSession, config: NetconfConfig, signal: AbortSignal): Promise<Look> {
  const driver = driverOf(config)
  const tried = await new Transactions(session, driver).tryOut(
    () => editOf(session, driver, { put: [TRIAL], remove: [] }, 0, signal),
    ASK_WITHIN_MS,
    signal,
  )
  return {
    ok: true,
    words: tried
      ? 'it took an edit, which was thrown away before a commit'
      : 'not tried: it has no candidate to try an edit in',
  }
}

async function containers(
  session: NetconfSession,
  config: NetconfConfig,
  signal: AbortSignal,
): Promise<Look> {
  return containersLook(await lackingOn(session, config, signal), config.filterOn ?? [])
}

async function capacity(session: NetconfSession, config: NetconfConfig, signal: AbortSignal): Promise<Look> {
  const { rules, foreign } = await new NetconfDevice(session, driverOf(config), []).read('all', signal)
  return capacityLook(rules.size, foreign, maxEntriesOf(config))
}

async function time(
  session: NetconfSession,
  config: NetconfConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<Look> {
  const driver = driverOf(config)
  const { clock } = driver
  if (clock === undefined) return clockLook(undefined, env.clock.now())
  const reply = await ask(session, driver, clock.ask, ASK_WITHIN_MS, signal)
  return clockLook(clock.read(reply), env.clock.now())
}
