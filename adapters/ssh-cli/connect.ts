import type { AdapterEnv } from '../adapter.ts'
import { secretOf, targetOf } from '../configured/login.ts'
import { Shell } from '../transport/shell/shell.ts'
import { SshConnection } from '../transport/ssh.ts'
import { driverOf, type SshCliConfig } from './config.ts'

const SSH_PORT = 22
const LOGIN_WITHIN_MS = 20_000

/** A shell on the device, in the mode in which everything may be looked at. @throws AdapterError */
export async function connect(config: SshCliConfig, env: AdapterEnv, signal: AbortSignal): Promise<Shell> {
  const { clock } = env
  const { platform } = driverOf(config)
  const target = await targetOf(config, SSH_PORT, env)
  const enable = config.enable === undefined ? undefined : await secretOf(config.enable, env)
  const connection = await SshConnection.open(target, clock, signal)
  const options = { platform, clock, ...(enable === undefined ? {} : { enable }) }
  return await Shell.open(connection, options, { withinMs: LOGIN_WITHIN_MS, signal })
}
