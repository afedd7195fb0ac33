/** Time as everything but `main.ts` sees it, so that a test can own it. */
export interface Clock {
  /** Milliseconds since 1970, never running backwards. */
  now(): number
  /** Milliseconds of a counter that no wall clock moves. */
  monotonic(): number
  /** Calls `run` once after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void
}

/** Resolves after `ms`, or as soon as `signal` is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    signal?.addEventListener('abort', done)
  })
}

/** A wall clock that is further away than this, in milliseconds, was stepped: slewing does not come so far. */
const STEPPED = 5_000

export function wasStepped(drift: number): boolean {
  return Math.abs(drift) > STEPPED
}
