import type { Clock } from '../domain/clock.ts'

/** A clock that notices when the wall clock was stepped. */
export interface SteadyClock extends Clock {
  /** How far the wall clock has moved away from this clock, in milliseconds; a step shows here, slewing hardly. */
  drift(): number
  /** Goes on from this time if it is behind it: time recorded in the ledger is never lived through twice. */
  notBefore(time: number): void
}

/** Differences up to this are the wall clock being slewed into place, and are followed. */
const FOLLOWED = 1_000

/**
 * Time that starts with the wall clock and goes on with the monotonic one. Small corrections are followed; a step
 * is not obeyed (law 5): whoever watches `drift` alarms it, and a restart takes the new time.
 */
export function steadyClock(): SteadyClock {
  let base = Date.now() - performance.now()
  const now = (): number => {
    const steady = base + performance.now()
    const difference = Date.now() - steady
    if (difference > 0 && difference <= FOLLOWED) base += difference
    return Math.floor(base + performance.now())
  }
  return {
    now,
    monotonic: () => performance.now(),
    notBefore: (time) => {
      base = Math.max(base, time - performance.now())
    },
    drift: () => Math.round(Date.now() - (base + performance.now())),
    after: (ms, run) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  }
}
