import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { SwitchingSession } from './session.ts'

/**
 * Looks at what others have turned for as long as the session lasts, where a device does not tell. What a look fails with
 * ends the session. @param interval milliseconds between looks
 */
export async function lookRegularly(
  session: SwitchingSession,
  interval: number,
  clock: Clock,
  look: () => Promise<void> = () => session.look(),
): Promise<void> {
  const { closing } = session
  while (!closing.aborted && session.down === undefined) {
    await sleep(clock, interval, closing)
    if (closing.aborted) return
    await look().catch((error: unknown) => session.ended(error))
  }
}
