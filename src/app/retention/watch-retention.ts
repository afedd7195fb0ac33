import type { Clock } from '../../domain/clock.ts'
import type { Logger } from '../../domain/log.ts'
import { BY_RETENTION } from '../../domain/retention.ts'
import type { Retention } from './retention.ts'

/** After a start devices are read first: until then nobody knows what they hold. In milliseconds. */
const FIRST = 10 * 60_000
const EVERY = 24 * 3_600_000

/** Erases once a day what is due, until it is closed. */
export function watchRetention({
  retention,
  clock,
  log,
}: {
  readonly retention: Retention
  readonly clock: Clock
  readonly log: Logger
}): { close(): Promise<void> } {
  if (Object.keys(retention.times).length === 0) return { close: () => Promise.resolve() }
  let running: Promise<void> = Promise.resolve()
  let closed = false
  let cancel = clock.after(FIRST, go)
  function go(): void {
    running = retention
      .run(BY_RETENTION, false)
      .then(
        () => {},
        (error: unknown) =>
          log.error({ error: String(error) }, 'personal data whose time is over could not be erased'),
      )
      .then(() => {
        if (!closed) cancel = clock.after(EVERY, go)
      })
  }
  return {
    close: () => {
      closed = true
      cancel()
      return running
    },
  }
}
