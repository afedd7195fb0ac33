import { wasStepped } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { steadyClock } from './clock.ts'

/** Milliseconds. */
const CLOCK_EVERY = 10_000

/** Alarms once when the wall clock was stepped, for as long as it stays so. */
export function watchClock(clock: ReturnType<typeof steadyClock>, log: Logger): NodeJS.Timeout {
  let alarmed = false
  const timer = setInterval(() => {
    const drift = clock.drift()
    const stepped = wasStepped(drift)
    if (stepped && !alarmed)
      log.error(
        { drift },
        'the wall clock was stepped; ends of blocks go by the clock as it was until a restart',
      )
    alarmed = stepped
  }, CLOCK_EVERY)
  timer.unref()
  return timer
}
