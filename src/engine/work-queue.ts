import type { Entry, Work } from './entry.ts'

/** Entries by what is to be done about them. Each is in one place, which it knows itself. */
export class WorkQueue {
  readonly #places: Readonly<Record<Exclude<Work, 'idle'>, Set<Entry>>> = {
    urgent: new Set(),
    bulk: new Set(),
    parked: new Set(),
    'no-room': new Set(),
    withheld: new Set(),
  }

  /** How many are to be told. */
  get size(): number {
    return this.#places.urgent.size + this.#places.bulk.size
  }

  /** How many failed and wait to be tried again, for want of space among others. */
  get parked(): number {
    return this.#places.parked.size + this.#places['no-room'].size
  }

  get withheld(): number {
    return this.#places.withheld.size
  }

  put(entry: Entry, work: Work): void {
    const { work: before } = entry
    if (before === work) return
    if (before !== 'idle') this.#places[before].delete(entry)
    if (work !== 'idle') this.#places[work].add(entry)
    entry.work = work
  }

  /** To be told; what is urgent stays urgent. */
  add(entry: Entry, urgent: boolean): void {
    if (urgent) this.put(entry, 'urgent')
    else if (entry.work !== 'urgent') this.put(entry, 'bulk')
  }

  /** Takes entries out, the urgent ones first and by themselves, as long as `take` says that there is room for more. */
  drain(take: (entry: Entry) => boolean): void {
    const queue = this.#places.urgent.size > 0 ? this.#places.urgent : this.#places.bulk
    for (const entry of queue) {
      this.put(entry, 'idle')
      if (!take(entry)) return
    }
  }

  /** What failed, in the order in which it did. */
  failed(): Entry[] {
    return [...this.#places.parked, ...this.#places['no-room']]
  }

  /** The one that has waited longest for room. */
  firstWithoutRoom(): Entry | undefined {
    for (const entry of this.#places['no-room']) return entry
    return undefined
  }

  /** After a full reading, nothing that failed or waited before counts. */
  startAnew(): void {
    for (const work of ['parked', 'no-room', 'withheld'] as const)
      for (const entry of this.#places[work]) this.put(entry, 'idle')
  }
}
