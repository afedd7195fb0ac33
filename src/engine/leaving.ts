/** Blocks that have ended and that a device may still hold: by device and key of a rule. */
export class Leaving {
  readonly #blocks = new Map<string, readonly number[]>()

  get isEmpty(): boolean {
    return this.#blocks.size === 0
  }

  add(device: string, key: string, block: number): void {
    const place = placeOf(device, key)
    this.#blocks.set(place, [...(this.#blocks.get(place) ?? []), block])
  }

  has(device: string, key: string, block: number): boolean {
    return this.#blocks.get(placeOf(device, key))?.includes(block) === true
  }

  /** A block that is wanted again does not leave. */
  stays(device: string, key: string, block: number): void {
    if (this.isEmpty) return
    const place = placeOf(device, key)
    const there = this.#blocks.get(place)
    if (there === undefined) return
    const rest = there.filter((other) => other !== block)
    if (rest.length === 0) this.#blocks.delete(place)
    else this.#blocks.set(place, rest)
  }

  /** The rule is gone: the blocks that waited for that. */
  take(device: string, key: string): readonly number[] {
    const place = placeOf(device, key)
    const blocks = this.#blocks.get(place) ?? []
    this.#blocks.delete(place)
    return blocks
  }
}

function placeOf(device: string, key: string): string {
  return `${device} ${key}`
}
