import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { switchesOf, withSwitches } from '../configured/listed-switches.ts'
import { lookEveryMs } from '../configured/login.ts'
import { ConfiguredSession } from '../configured/session.ts'
import type { NetconfSession } from '../transport/netconf/session.ts'
import { checkDevice } from './check.ts'
import { driverOf, maxEntriesOf, type NetconfConfig, netconfSchema, whyUnusable } from './config.ts'
import { cancelLeftOver } from './confirmed.ts'
import { connect } from './connect.ts'
import { NetconfDevice } from './device.ts'
import { install } from './install.ts'
import { NetconfPanel } from './panel.ts'
import { patienceMs } from './transaction.ts'

/** A router that is configured by NETCONF (RFC 6241), in one of several data models. */
export const netconfAdapter: Adapter<typeof netconfSchema> = {
  kind: 'netconf',
  configSchema: netconfSchema,
  whyUnusable,

  capabilities(config: NetconfConfig): Capabilities {
    const { capabilities } = driverOf(config)
    return {
      ...capabilities,
      ...withSwitches(capabilities.kinds, switchesOf(config)),
      evidence: 'enforcer',
      transactional: true,
      maxEntries: maxEntriesOf(config),
      batch: 500,
      inFlight: 1,
      patience: patienceMs(maxEntriesOf(config)),
    }
  },

  /** @throws AdapterError */
  async open(config: NetconfConfig, env: AdapterEnv): Promise<Session> {
    const never = new AbortController().signal
    const netconf = await connect(config, env, never)
    try {
      return await begin(netconf, config, env)
    } catch (error) {
      await netconf.close()
      throw error
    }
  },

  provision: (config, { device }) => [
    {
      router: device,
      platform: config.driver,
      texts: new Map([[config.driver, () => driverOf(config).provision.text(device, config.filterOn ?? [])]]),
    },
  ],
  install,
  check: checkDevice,
}

async function begin(netconf: NetconfSession, config: NetconfConfig, env: AdapterEnv): Promise<Session> {
  const driver = driverOf(config)
  const { switches } = driver
  const known = switchesOf(config)
  const confirming = {
    ...{ session: netconf, driver, env },
    connect: (signal: AbortSignal) => connect(config, env, signal),
  }
  // Also where none is listed any more: what was put down before is given back.
  if (known.length > 0 || env.recall() !== undefined)
    await cancelLeftOver(confirming, new AbortController().signal)
  const session = new ConfiguredSession({
    ...{ device: new NetconfDevice(netconf, driver, config.filterOn ?? []), env },
    ...{ maxEntries: maxEntriesOf(config), lookEveryMs: lookEveryMs(config) },
    ...(switches === undefined
      ? {}
      : { switches: { panel: new NetconfPanel({ ...confirming, switches }), known } }),
    release: () => netconf.close(),
  })
  netconf.onOver((error) => session.ended(error))
  return session
}
