import { AttemptLog } from '../guards/breaker.ts'
import type { Policy } from '../policy/compile.ts'
import { AppError } from './app-error.ts'

/** What triggers are decided with, and what is counted of them until a restart. */
export interface TriggerDesk {
  /** By priority. */
  readonly policies: readonly Policy[]
  /** What sources have lately had of each policy. */
  readonly attempts: AttemptLog
  readonly queue: TriggerQueue
}

export function triggerDesk(policies: readonly Policy[]): TriggerDesk {
  return { policies, attempts: new AttemptLog(), queue: new TriggerQueue() }
}

/** Triggers that wait at once, at the most: beyond that sources have to try again. */
const MOST_WAITING = 10_000

/** How many triggers wait, over all requests. */
export class TriggerQueue {
  #waiting = 0

  /**
   * @returns to be called when they have been answered
   * @throws AppError `busy`, before anything of them is taken
   */
  enter(count: number): () => void {
    if (this.#waiting + count > MOST_WAITING)
      throw new AppError(429, 'busy', `${this.#waiting} triggers wait already; try again in a second`)
    this.#waiting += count
    return () => {
      this.#waiting -= count
    }
  }
}
