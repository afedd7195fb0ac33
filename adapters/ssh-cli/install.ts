import { type AdapterEnv, AdapterError, type Installed } from '../adapter.ts'
import { NO_REFUSALS } from '../configured/device.ts'
import type { Shell } from '../transport/shell/shell.ts'
import { driverOf, type SshCliConfig } from './config.ts'
import { connect } from './connect.ts'
import { lookDeadlineMs } from './deadlines.ts'
import type { ProvisionPlan, Section } from './driver.ts'
import { answersIfAny } from './looking.ts'
import { Typing } from './typing.ts'

/**
 * Adds what is lacking of containers and filters, and nothing else; looks at it from a new session. Each line counts at once,
 * so that the first one that is refused is the last: filters are not put on interfaces without their permit. None is kept
 * for a restart: whoever sees that everything still passes does that.
 * @throws AdapterError
 */
export async function install(
  config: SshCliConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<Installed> {
  const driver = driverOf(config)
  const { sections, lacking, byHand } = await inSession(config, env, signal, async (shell) => {
    const plan = await lackingOn(shell, config, signal)
    for (const section of plan.sections) await typed(section)
    return plan

    async function typed(section: Section): Promise<void> {
      const one = { sections: [section], refusals: NO_REFUSALS }
      const [first] = await new Typing(shell, driver, 0, signal).run(one)
      if (first !== undefined) throw new AdapterError(first[1].class, `${first[0]}: ${first[1].message}`)
    }
  })
  if (sections.length === 0) return { done: [], byHand }
  const left = await inSession(config, env, signal, (shell) => lackingOn(shell, config, signal))
  if (left.lacking.length > 0)
    throw new AdapterError(
      'rejected',
      `it still lacks ${left.lacking.join(', ')}, and said that it was added`,
    )
  const { save } = driver.way
  if (save === undefined) return { done: lacking, byHand }
  const advice = `when everything still passes: '${save.line}', or a restart forgets it`
  return { done: lacking, byHand: [...byHand, advice] }
}

/** What is lacking there. @throws AdapterError */
export async function lackingOn(
  shell: Shell,
  config: SshCliConfig,
  signal: AbortSignal,
): Promise<ProvisionPlan> {
  const driver = driverOf(config)
  const { provision } = driver
  if (provision === undefined) return { sections: [], lacking: [], byHand: [] }
  const filterOn = config.filterOn ?? []
  const limits = { withinMs: lookDeadlineMs(0), signal }
  const answers = await answersIfAny(provision.looks(filterOn), shell, driver, limits)
  return provision.plan(answers, filterOn)
}

async function inSession<T>(
  config: SshCliConfig,
  env: AdapterEnv,
  signal: AbortSignal,
  run: (shell: Shell) => Promise<T>,
): Promise<T> {
  const shell = await connect(config, env, signal)
  try {
    return await run(shell)
  } finally {
    await shell.close()
  }
}
