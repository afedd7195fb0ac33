import { isGone } from './holdings.ts'
import type { Leaving } from './leaving.ts'
import type { Managed } from './manage.ts'

/**
 * Why a device may hold something of any block that ended: it was not read since this engine began, or it holds what
 * nobody knows the block of.
 */
export type Doubt = 'not-read' | 'left-over'

/** What devices may still hold of blocks that ended. */
export class Remains {
  readonly #devices: ReadonlyMap<string, Managed>
  readonly #leaving: Leaving

  constructor(devices: ReadonlyMap<string, Managed>, leaving: Leaving) {
    this.#devices = devices
    this.#leaving = leaving
  }

  /** A device that may still hold something of a block that ended while the engine ran. */
  leavingFrom(block: number): string | undefined {
    return [...this.#devices.keys()].find((device) => this.#leaving.has(device, block))
  }

  /** Devices that may hold something of any block that ended, by name. */
  doubts(): ReadonlyMap<string, Doubt> {
    const doubts = new Map<string, Doubt>()
    for (const [name, { table }] of this.#devices) {
      const isLeftOver = [...table.entries.values()].some(
        (entry) => entry.blocks === undefined && !isGone(entry) && !this.#leaving.knows(name, entry.rule.key),
      )
      if (!table.wasRead) doubts.set(name, 'not-read')
      else if (isLeftOver) doubts.set(name, 'left-over')
    }
    return doubts
  }
}
