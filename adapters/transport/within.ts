import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'

export interface Limits {
  readonly clock: Clock
  readonly ms: number
  /** What is said when the time is over. */
  readonly late: string
  readonly signal?: AbortSignal
}

/**
 * What `begin` comes to, if that is before the time is over and before the signal is aborted.
 * @throws AdapterError `timeout`, or what `begin` fails with
 */
export function within<T>(
  { clock, ms, late, signal }: Limits,
  begin: (resolve: (value: T) => void, fail: (error: AdapterError) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settled = (): void => {
      cancel()
      signal?.removeEventListener('abort', abort)
    }
    const fail = (error: AdapterError): void => {
      settled()
      reject(error)
    }
    const abort = (): void => fail(new AdapterError('timeout', 'the call was given up'))
    const cancel = clock.after(ms, () => fail(new AdapterError('timeout', late)))
    if (signal?.aborted === true) return abort()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      begin((value) => {
        settled()
        resolve(value)
      }, fail)
    } catch (error) {
      settled()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
  })
}
