import type { Clock } from '../../../src/domain/clock.ts'
import { realClock } from '../../../test/helpers/system-clock.ts'

/** A clock by which waiting is over twenty times sooner while it hurries: nobody is to wait out a real deadline. */
export interface HastyClock extends Clock {
  hurry(isHurrying: boolean): void
}

const HASTE = 20

export function hastyClock(): HastyClock {
  const real = realClock()
  let haste = 1
  return {
    now: () => real.now(),
    monotonic: () => real.monotonic(),
    after: (ms, run) => real.after(ms / haste, run),
    hurry: (isHurrying) => {
      haste = isHurrying ? HASTE : 1
    },
  }
}
