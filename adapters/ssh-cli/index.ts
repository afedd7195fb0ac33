import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { switchesOf, withSwitches } from '../configured/listed-switches.ts'
import { lookEveryMs } from '../configured/login.ts'
import { ConfiguredSession } from '../configured/session.ts'
import type { Shell } from '../transport/shell/shell.ts'
import { checkDevice } from './check.ts'
import { driverOf, maxEntriesOf, type SshCliConfig, sshCliSchema, whyUnusable } from './config.ts'
import { connect } from './connect.ts'
import { patienceMs } from './deadlines.ts'
import { SshCliDevice } from './device.ts'
import type { CliSwitches } from './driver.ts'
import { install } from './install.ts'
import { CliPanel } from './panel.ts'

/** A router that is configured line by line in a shell over SSH, as people do, with one of several command lines. */
export const sshCliAdapter: Adapter<typeof sshCliSchema> = {
  kind: 'ssh-cli',
  configSchema: sshCliSchema,
  whyUnusable,

  capabilities(config: SshCliConfig): Capabilities {
    const { capabilities, looks, placeLooks, way } = driverOf(config)
    const asked = looks.length + (placeLooks?.(config.filterOn ?? []).length ?? 0)
    return {
      ...capabilities,
      ...withSwitches(capabilities.kinds, switchesOf(config)),
      evidence: 'enforcer',
      transactional: way.commit !== undefined,
      maxEntries: maxEntriesOf(config),
      batch: 500,
      inFlight: 1,
      patience: patienceMs(maxEntriesOf(config), asked),
    }
  },

  /** @throws AdapterError */
  async open(config: SshCliConfig, env: AdapterEnv): Promise<Session> {
    const shell = await connect(config, env, new AbortController().signal)
    try {
      return begin(shell, config, env)
    } catch (error) {
      await shell.close()
      throw error
    }
  },

  provision(config, { device }) {
    const { name, provision } = driverOf(config)
    const text = (): string => provision?.text(device, config.filterOn ?? []) ?? NOTHING_NEEDED
    return [{ router: device, platform: name, texts: new Map([[name, text]]) }]
  },
  install,
  check: checkDevice,
}

function begin(shell: Shell, config: SshCliConfig, env: AdapterEnv): Session {
  const driver = driverOf(config)
  const common = { shell, driver, save: config.save === 'after-change' ? driver.way.save : undefined }
  const device = new SshCliDevice({ ...common, clock: env.clock, filterOn: config.filterOn ?? [] })
  const session = new ConfiguredSession({
    ...{ device, env, maxEntries: maxEntriesOf(config), lookEveryMs: lookEveryMs(config) },
    // Also where none is listed: what was put down before is given back.
    ...(driver.switches === undefined
      ? {}
      : { switches: { panel: panel(driver.switches), known: switchesOf(config) } }),
    release: () => shell.close(),
  })
  device.onStatus((status) => session.tell(status))
  shell.onOver((error) => session.ended(error))
  return session

  function panel(switches: CliSwitches): CliPanel {
    const again = (signal: AbortSignal): Promise<Shell> => connect(config, env, signal)
    return new CliPanel({ ...common, switches, connect: again, tell: (status) => session.tell(status) })
  }
}

const NOTHING_NEEDED = '! Nothing must be there beforehand.\n'
