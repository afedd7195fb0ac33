import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { lookEveryMs, targetOf } from '../configured/login.ts'
import { ConfiguredSession } from '../configured/session.ts'
import { NetconfSession } from '../transport/netconf/session.ts'
import { SshConnection } from '../transport/ssh.ts'
import { driverOf, maxEntriesOf, type NetconfConfig, netconfSchema, whyUnusable } from './config.ts'
import { NetconfDevice } from './device.ts'
import { patienceMs } from './transaction.ts'

/** RFC 6242 §6. */
const NETCONF_PORT = 830

/** A router that is configured by NETCONF (RFC 6241), in one of several data models. */
export const netconfAdapter: Adapter<typeof netconfSchema> = {
  kind: 'netconf',
  configSchema: netconfSchema,
  whyUnusable,

  capabilities(config: NetconfConfig): Capabilities {
    return {
      ...driverOf(config).capabilities,
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
    const target = await targetOf(config, NETCONF_PORT, env)
    const connection = await SshConnection.open(target, env.clock, never)
    const netconf = await NetconfSession.open(connection, env.clock, never)
    try {
      const session = new ConfiguredSession({
        ...{ device: new NetconfDevice(netconf, driverOf(config)), env },
        ...{ maxEntries: maxEntriesOf(config), lookEveryMs: lookEveryMs(config) },
        release: () => netconf.close(),
      })
      netconf.onOver((error) => session.ended(error))
      return session
    } catch (error) {
      await netconf.close()
      throw error
    }
  },
}
