/** Blocks that have ended and that a device may still hold: by device and key of a rule. */
export class Leaving {
  readonly #blocks = new Map<string, readonly number[]>()
  /** How many rules of a block a device may still hold. */
  readonly #left = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#blocks.size === 0
  }

  add(device: string, key: string, block: number): void {
    const place = placeOf(device, key)
    const there = this.#blocks.get(place) ?? []
    if (there.includes(block)) return
    this.#blocks.set(place, [...there, block])
    this.#count(device, block, 1)
  }

  /** Whether it is known which blocks left this rule behind. */
  knows(device: string, key: string): boolean {
    return this.#blocks.has(placeOf(device, key))
  }

  /** Whether the device may still hold something of the block. */
  has(device: string, block: number): boolean {
    return this.#left.has(placeOf(device, block))
  }

  /** A block that is wanted again does not leave. */
  stays(device: string, key: string, block: number): void {
    if (this.isEmpty) return
    const place = placeOf(device, key)
    const there = this.#blocks.get(place)
    if (there?.includes(block) !== true) return
    const rest = there.filter((other) => other !== block)
    if (rest.length === 0) this.#blocks.delete(place)
    else this.#blocks.set(place, rest)
    this.#count(device, block, -1)
  }

  /** The rule is gone: the blocks that waited for that. */
  take(device: string, key: string): readonly number[] {
    const place = placeOf(device, key)
    const blocks = this.#blocks.get(place) ?? []
    this.#blocks.delete(place)
    for (const block of blocks) this.#count(device, block, -1)
    return blocks
  }

  #count(device: string, block: number, change: 1 | -1): void {
    const place = placeOf(device, block)
    const left = (this.#left.get(place) ?? 0) + change
    if (left === 0) this.#left.delete(place)
    else this.#left.set(place, left)
  }
}

function placeOf(device: string, what: string | number): string {
  return `${device} ${what}`
}
