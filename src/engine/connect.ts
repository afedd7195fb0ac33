import type { Adapter, AdapterEnv, Session } from '../../adapters/adapter.ts'
import { type Clock, sleep } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import { withDeadline } from './deadline.ts'

/** In milliseconds. */
const OPEN_DEADLINE = 30_000
const CLOSE_DEADLINE = 10_000
const FIRST_BACKOFF = 100
const LONGEST_BACKOFF = 30_000

/** Opens a session in bounded time; one that comes too late is closed. @throws AdapterError, Error */
export function openSession(
  adapter: Adapter,
  config: unknown,
  env: AdapterEnv,
  clock: Clock,
  stop: AbortSignal,
): Promise<Session> {
  return withDeadline(clock, 'connecting', OPEN_DEADLINE, stop, async (signal) => {
    const opened = await adapter.open(config, env)
    if (signal.aborted) await opened.close()
    return opened
  })
}

/** The session may be what hangs: it gets a moment, whether or not everything is being stopped. */
export async function closeSession(session: Session, clock: Clock, log: Logger): Promise<void> {
  const never = new AbortController().signal
  await withDeadline(clock, 'closing the session', CLOSE_DEADLINE, never, () => session.close()).catch(
    (error: unknown) => log.warn({ error: String(error) }, 'closing the session failed'),
  )
}

/** Waits for twice as long after each failure; the jitter keeps many devices from returning at one moment. */
export async function backOff(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  failures: number,
  stop: AbortSignal,
): Promise<void> {
  const longest = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (failures - 1))
  await sleep(clock, longest * (0.5 + random() / 2), stop)
}
