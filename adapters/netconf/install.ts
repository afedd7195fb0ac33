import type { AdapterEnv, Installed } from '../adapter.ts'
import type { NetconfSession } from '../transport/netconf/session.ts'
import { driverOf, type NetconfConfig } from './config.ts'
import { changeConfirmed } from './confirmed.ts'
import { connect } from './connect.ts'
import type { ProvisionPlan } from './driver.ts'
import { getConfig } from './reading.ts'

/** Adds what is lacking of containers and filters, and nothing else; looks at it from a new session. @throws AdapterError */
export async function install(
  config: NetconfConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<Installed> {
  const session = await connect(config, env, signal)
  try {
    const { edit, undo, lacking, byHand } = await lackingOn(session, config, signal)
    if (edit === undefined) return { done: [], byHand }
    const driver = driverOf(config)
    const whyNot = async (second: NetconfSession, until: AbortSignal): Promise<string | undefined> => {
      const left = await lackingOn(second, config, until)
      return left.edit === undefined ? undefined : `it still lacks ${left.lacking.join(', ')}`
    }
    const again = (until: AbortSignal): Promise<NetconfSession> => connect(config, env, until)
    const options = { session, driver, env, connect: again, whyNot }
    await changeConfirmed(edit, undo === undefined ? options : { ...options, undo }, signal)
    return { done: lacking, byHand }
  } finally {
    await session.close()
  }
}

/** What is lacking there. @throws AdapterError */
export async function lackingOn(
  session: NetconfSession,
  config: NetconfConfig,
  signal: AbortSignal,
): Promise<ProvisionPlan> {
  const driver = driverOf(config)
  const filterOn = config.filterOn ?? []
  const data = await getConfig(session, driver, driver.provision.select(filterOn), signal)
  return driver.provision.plan(data, filterOn)
}
