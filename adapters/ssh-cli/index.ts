import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { lookEveryMs, secretOf, targetOf } from '../configured/login.ts'
import { ConfiguredSession } from '../configured/session.ts'
import { Shell } from '../transport/shell/shell.ts'
import { SshConnection } from '../transport/ssh.ts'
import { driverOf, maxEntriesOf, type SshCliConfig, sshCliSchema, whyUnusable } from './config.ts'
import { patienceMs } from './deadlines.ts'
import { SshCliDevice } from './device.ts'

const SSH_PORT = 22
const LOGIN_WITHIN_MS = 20_000

/** A router that is configured line by line in a shell over SSH, as people do, with one of several command lines. */
export const sshCliAdapter: Adapter<typeof sshCliSchema> = {
  kind: 'ssh-cli',
  configSchema: sshCliSchema,
  whyUnusable,

  capabilities(config: SshCliConfig): Capabilities {
    const { capabilities, looks, way } = driverOf(config)
    return {
      ...capabilities,
      evidence: 'enforcer',
      transactional: way.commit !== undefined,
      maxEntries: maxEntriesOf(config),
      batch: 500,
      inFlight: 1,
      patience: patienceMs(maxEntriesOf(config), looks.length),
    }
  },

  /** @throws AdapterError */
  async open(config: SshCliConfig, env: AdapterEnv): Promise<Session> {
    const signal = new AbortController().signal
    const { clock } = env
    const driver = driverOf(config)
    const target = await targetOf(config, SSH_PORT, env)
    const enable = config.enable === undefined ? undefined : await secretOf(config.enable, env)
    const connection = await SshConnection.open(target, clock, signal)
    const { platform } = driver
    const options = { platform, clock, ...(enable === undefined ? {} : { enable }) }
    const shell = await Shell.open(connection, options, { withinMs: LOGIN_WITHIN_MS, signal })
    const device = new SshCliDevice({ shell, driver, clock, save: config.save === 'after-change' })
    const session = new ConfiguredSession({
      ...{ device, env, maxEntries: maxEntriesOf(config), lookEveryMs: lookEveryMs(config) },
      release: () => shell.close(),
    })
    device.onStatus((status) => session.tell(status))
    shell.onOver((error) => session.ended(error))
    return session
  },
}
