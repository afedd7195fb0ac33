import type { SwitchRule } from '../../src/domain/rule.ts'
import { type AdapterEnv, AdapterError, type Session } from '../adapter.ts'
import { SwitchingSession } from '../switching/session.ts'
import { LinkPanel, linkError } from './iproute.ts'
import { LinkMonitor } from './monitor.ts'

/**
 * Opens the interfaces of one namespace, with a monitor that says when to look at them.
 * @throws AdapterError when the interfaces cannot be read
 */
export async function openLinks(
  namespace: string | undefined,
  known: readonly SwitchRule[],
  env: AdapterEnv,
): Promise<Session> {
  const session = new SwitchingSession({
    ...{ panel: new LinkPanel(namespace), env, known },
    release: () => monitor.close(),
  })
  const monitor = new LinkMonitor(namespace, {
    changed: () => {
      session.look().catch((error: unknown) => session.ended(error))
    },
    ended: (words) => session.ended(linkError(`ip monitor has ended: ${words}`)),
  })
  try {
    await monitor.ready(env.clock)
    await session.look()
    if (session.down !== undefined) throw new AdapterError(session.down.class, session.down.words)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}
