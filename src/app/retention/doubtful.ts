import type { Doubt, Remains } from '../../engine/remains.ts'
import type { Lives } from './lives.ts'

/** Tells of blocks that ended which device may hold something of them still (law 10). */
export class Doubtful {
  readonly doubts: ReadonlyMap<string, Doubt>
  readonly #remains: Pick<Remains, 'leavingFrom'>
  readonly #lives: Lives

  constructor(remains: Pick<Remains, 'doubts' | 'leavingFrom'>, lives: Lives) {
    this.doubts = remains.doubts()
    this.#remains = remains
    this.#lives = lives
  }

  deviceOf(blocks: readonly number[]): string | undefined {
    for (const block of blocks) {
      const device = this.#remains.leavingFrom(block) ?? this.#unsure(block)
      if (device !== undefined) return device
    }
    return undefined
  }

  #unsure(block: number): string | undefined {
    if (this.doubts.size === 0) return undefined
    const gone = this.#lives.goneFrom(block)
    // What is left over may be back from an old configuration, whatever was on record.
    for (const [device, doubt] of this.doubts)
      if (doubt === 'left-over' || !gone.includes(device)) return device
    return undefined
  }
}
