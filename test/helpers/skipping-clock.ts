import type { Clock } from '../../src/domain/clock.ts'
import { realClock } from './system-clock.ts'

/** The real clock, of which a test can move the wall time, and whose timers end with the app. */
export function testClock(): { clock: Clock; skip: (ms: number) => void; drop: () => void } {
  const real = realClock()
  const timers = new Set<() => void>()
  let skipped = 0
  const clock: Clock = {
    now: () => real.now() + skipped,
    monotonic: () => real.monotonic(),
    after(ms, run) {
      const cancel = real.after(ms, () => {
        timers.delete(cancel)
        run()
      })
      timers.add(cancel)
      return () => {
        timers.delete(cancel)
        cancel()
      }
    },
  }
  return {
    clock,
    skip: (ms) => {
      skipped += ms
    },
    drop: () => {
      for (const cancel of timers) cancel()
    },
  }
}
