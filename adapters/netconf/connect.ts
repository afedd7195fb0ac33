import type { AdapterEnv } from '../adapter.ts'
import { targetOf } from '../configured/login.ts'
import { NetconfSession } from '../transport/netconf/session.ts'
import { SshConnection } from '../transport/ssh.ts'
import type { NetconfConfig } from './config.ts'

/** RFC 6242 §6. */
const NETCONF_PORT = 830

/** A session of our own on the device. @throws AdapterError */
export async function connect(
  config: NetconfConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<NetconfSession> {
  const target = await targetOf(config, NETCONF_PORT, env)
  const connection = await SshConnection.open(target, env.clock, signal)
  return await NetconfSession.open(connection, env.clock, signal)
}
