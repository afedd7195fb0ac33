import { AttemptLog } from '../guards/breaker.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Policy } from '../policy/compile.ts'
import type { TriggerFormat } from '../triggers/format.ts'
import { FORMATS } from '../triggers/formats.ts'
import { followNeighbours, type Neighbours } from './neighbours.ts'

/** What triggers are decided with, and what is counted of them until a restart. */
export interface TriggerDesk {
  /** By priority. */
  readonly policies: readonly Policy[]
  /** What sources have lately had of each policy. */
  readonly attempts: AttemptLog
  readonly queue: TriggerQueue
  /** What rules have blocked in networks that they block as one. */
  readonly neighbours: Neighbours
  /** Forms in which sources hand over what they detect, by name. */
  readonly formats: ReadonlyMap<string, TriggerFormat>
}

/** Follows the head of the ledger from here on. @param declared forms of the site's own, by mappings */
export function triggerDesk(
  ledger: Ledger,
  policies: readonly Policy[],
  declared: readonly TriggerFormat[] = [],
): TriggerDesk {
  const formats = new Map([...FORMATS, ...declared.map((format) => [format.name, format] as const)])
  const neighbours = followNeighbours(ledger, policies)
  return { policies, attempts: new AttemptLog(), queue: new TriggerQueue(), neighbours, formats }
}

/** Triggers that wait at once, at the most: beyond that sources have to try again. */
const MOST_WAITING = 10_000

/** How many triggers wait, over all requests. */
export class TriggerQueue {
  #waiting = 0

  /** @returns to be called when they have been answered; undefined when so many wait that none of them may */
  enter(count: number): (() => void) | undefined {
    if (this.#waiting + count > MOST_WAITING) return undefined
    this.#waiting += count
    return () => {
      this.#waiting -= count
    }
  }
}
