import { type Group, LedgerDamaged, type Position } from './reader.ts'
import { segmentNames } from './segment.ts'

/** Watches a reading for personal data that is gone although no event erased it. */
export class MissingData {
  readonly #places = new Map<number, Position>()
  #before: Position

  constructor(from: Position) {
    this.#before = from
  }

  /** @returns the events named for erasing in this group, by whether they were seen to be erased */
  see(group: Group): { readonly erased: number[]; readonly unseen: number[] } {
    const found = { erased: [] as number[], unseen: [] as number[] }
    for (const { seq, event, redacted } of group.recorded) {
      if (redacted) this.#places.set(seq, this.#placeOf(group))
      if (event.type !== 'redacted') continue
      for (const named of event.events) (this.#places.delete(named) ? found.erased : found.unseen).push(named)
    }
    this.#before = group.after
    return found
  }

  #placeOf(group: Group): Position {
    const { segment } = group.after
    return segment === this.#before.segment ? this.#before : { ...this.#before, segment, side: 0 }
  }

  /** @throws LedgerDamaged when some of it was never accounted for */
  refuse(): void {
    for (const [seq, { segment, side }] of this.#places) {
      const more = this.#places.size > 1 ? `, and of ${this.#places.size - 1} more` : ''
      throw new LedgerDamaged(
        segmentNames(segment).side,
        side,
        `the personal data of event ${seq}${more} is gone and no event erased it`,
      )
    }
  }
}
