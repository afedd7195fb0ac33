import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { lookEveryMs } from '../configured/login.ts'
import { ConfiguredSession } from '../configured/session.ts'
import { checkDevice } from './check.ts'
import { driverOf, maxEntriesOf, type SshCliConfig, sshCliSchema, whyUnusable } from './config.ts'
import { connect } from './connect.ts'
import { patienceMs } from './deadlines.ts'
import { SshCliDevice } from './device.ts'
import { install } from './install.ts'

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
    const shell = await connect(config, env, new AbortController().signal)
    const save = config.save === 'after-change'
    const device = new SshCliDevice({ shell, driver: driverOf(config), clock: env.clock, save })
    const session = new ConfiguredSession({
      ...{ device, env, maxEntries: maxEntriesOf(config), lookEveryMs: lookEveryMs(config) },
      release: () => shell.close(),
    })
    device.onStatus((status) => session.tell(status))
    shell.onOver((error) => session.ended(error))
    return session
  },

  provision(config, { device }) {
    const { name, provision } = driverOf(config)
    const text = (): string => provision?.text(device, config.filterOn ?? []) ?? NOTHING_NEEDED
    return [{ router: device, platform: name, texts: new Map([[name, text]]) }]
  },
  install,
  check: checkDevice,
}

const NOTHING_NEEDED = '! Nothing must be there beforehand.\n'
