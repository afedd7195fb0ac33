import { performance } from 'node:perf_hooks'
import type { Clock } from '../../src/domain/clock.ts'

/** The machine's own time, for tests that talk to real processes. */
export function realClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  }
}
