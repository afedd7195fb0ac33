import type { Clock } from '../../src/domain/clock.ts'
import { realClock } from './system-clock.ts'

/**
 * The real clock, of which a test can move the wall time, and whose timers end with the app. @param pace how much faster it
 * goes than ours
 */
export function testClock(pace: number): { clock: Clock; skip: (ms: number) => void; drop: () => void } {
  const real = realClock()
  const timers = new Set<() => void>()
  const began = real.now()
  let skipped = 0
  const clock: Clock = {
    now: () => began + (real.now() - began) * pace + skipped,
    monotonic: () => real.monotonic() * pace,
    after(ms, run) {
      const cancel = real.after(ms / pace, () => {
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
