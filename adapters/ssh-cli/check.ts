import { type AdapterEnv, AdapterError, type Check } from '../adapter.ts'
import { capacityLook, checkedOn, clockLook, containersLook, looked } from '../configured/checks.ts'
import { complaintIn } from '../transport/shell/platform.ts'
import type { Shell } from '../transport/shell/shell.ts'
import { driverOf, maxEntriesOf, type SshCliConfig } from './config.ts'
import { connect } from './connect.ts'
import { STEP_WITHIN_MS } from './deadlines.ts'
import { SshCliDevice } from './device.ts'
import { lackingOn } from './install.ts'

type Look = Omit<Check, 'what'>

/** Everything that must be so before blocks can be put there. Nothing is changed. */
export async function checkDevice(
  config: SshCliConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { clock } = driverOf(config)
  return await checkedOn(
    () => connect(config, env, signal),
    async (shell) => [
      await looked('rights', () => rights(shell, config, signal)),
      await looked('containers', () => containers(shell, config, signal)),
      await looked('capacity', () => capacity(shell, config, env, signal)),
      ...(clock === undefined ? [] : [await looked('clock', () => time(shell, config, env, signal))]),
    ],
  )
}

/** Goes to where everything is configured, and back. */
async function rights(shell: Shell, config: SshCliConfig, signal: AbortSignal): Promise<Look> {
  const { way, platform } = driverOf(config)
  const limits = { withinMs: STEP_WITHIN_MS, signal }
  for (const line of [...way.begin, way.end]) {
    const refused = complaintIn((await shell.ask(line, limits)).lines, platform.errors)
    if (refused !== undefined) throw new AdapterError(refused.class, refused.words)
  }
  return { ok: true, words: 'it lets us configure; what may be typed there shows when it is typed' }
}

async function containers(shell: Shell, config: SshCliConfig, signal: AbortSignal): Promise<Look> {
  const { provision } = driverOf(config)
  if (provision === undefined) return { ok: true, words: 'it needs none' }
  return containersLook(await lackingOn(shell, config, signal), config.filterOn ?? [])
}

async function capacity(
  shell: Shell,
  config: SshCliConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<Look> {
  const options = { shell, driver: driverOf(config), clock: env.clock }
  const device = new SshCliDevice({ ...options, filterOn: [], save: undefined })
  const { rules, foreign } = await device.read('all', signal)
  return capacityLook(rules.size, foreign, maxEntriesOf(config))
}

async function time(shell: Shell, config: SshCliConfig, env: AdapterEnv, signal: AbortSignal): Promise<Look> {
  const { clock } = driverOf(config)
  if (clock === undefined) return clockLook(undefined, env.clock.now())
  const { lines } = await shell.ask(clock.ask, { withinMs: STEP_WITHIN_MS, signal })
  return clockLook(clock.read(lines), env.clock.now())
}
