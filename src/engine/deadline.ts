import type { Capabilities } from '../../adapters/adapter.ts'
import type { Clock } from '../domain/clock.ts'

/** The call did not settle in time; what it was about is of unknown outcome. */
class DeadlineExceeded extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms`)
    this.name = 'DeadlineExceeded'
  }
}

/** Milliseconds that a call may take on a device that says nothing of it, and for each rule in the call. */
const PATIENCE = 10_000
const PER_RULE = 5

/** How long a call with so many rules may take, in milliseconds. */
export function callDeadline({ patience = PATIENCE }: Capabilities, rules: number): number {
  return patience + rules * PER_RULE
}

/**
 * Runs `call` with a signal that is aborted after `ms`, or when `outer` is. Rejects then even if the call never
 * settles, so that no device can keep its queue waiting.
 */
export function withDeadline<T>(
  clock: Clock,
  what: string,
  ms: number,
  outer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = new AbortController()
    const end = (error: Error): void => {
      abort.abort(error)
      reject(error)
    }
    const stop = (): void => end(new DeadlineExceeded(what, 0))
    const cancel = clock.after(ms, () => end(new DeadlineExceeded(what, ms)))
    outer.addEventListener('abort', stop, { once: true })
    if (outer.aborted) stop()
    call(abort.signal)
      .then(resolve, reject)
      .finally(() => {
        cancel()
        outer.removeEventListener('abort', stop)
      })
  })
}
