import { type Prefix, widenPrefix } from '../../domain/prefix.ts'
import { DecisionBook } from './decision-book.ts'
import { hostsOf, LengthCount, MOST_SPREAD } from './spread.ts'

/** What kinds of bouncers are told of one list. */
export interface View {
  readonly book: DecisionBook
  /** A prefix came, went, or ends at another time. */
  update(prefix: Prefix, now: number): void
  /** What such bouncers may have been told for these prefixes. */
  valuesOf(prefixes: ReadonlySet<Prefix>): ReadonlySet<Prefix>
  /** Prefixes that such bouncers cannot be told. */
  readonly unserved: ReadonlySet<Prefix>
}

type Ends = ReadonlyMap<Prefix, number | null>

const NOTHING: ReadonlySet<Prefix> = new Set()

/** For bouncers that take ranges: prefixes as they are. */
export function rangesView(ends: Ends, firstId: number): View {
  const book = new DecisionBook((prefix) => ends.get(prefix), firstId)
  return {
    book,
    unserved: NOTHING,
    update: (prefix, now) => book.update(prefix, now),
    valuesOf: (prefixes) => prefixes,
  }
}

/**
 * For bouncers that take single addresses alone: every address of a small prefix. One that several prefixes have is told
 * once, until the last of them ends.
 */
export class AddressesView implements View {
  readonly book: DecisionBook
  readonly unserved = new Set<Prefix>()
  readonly #ends: Ends
  readonly #most: number
  /** Prefixes that are told. */
  readonly #served = new Set<Prefix>()
  readonly #lengths = new LengthCount()
  /** Addresses of those that are no hosts. */
  #spread = 0

  constructor(ends: Ends, firstId: number, most = MOST_SPREAD) {
    this.#ends = ends
    this.#most = most
    this.book = new DecisionBook((host, now) => this.#endOf(host, now), firstId)
  }

  update(prefix: Prefix, now: number): void {
    const hosts = hostsOf(prefix)
    const more = hosts === undefined || hosts.length === 1 ? 0 : hosts.length
    const wanted = this.#ends.has(prefix)
    const served = this.#served.has(prefix)
    const fits = hosts !== undefined && (served || this.#spread + more <= this.#most)
    if (wanted && !fits) this.unserved.add(prefix)
    else this.unserved.delete(prefix)
    if (hosts === undefined || (!served && !(wanted && fits))) return
    if (wanted !== served) this.#count(prefix, wanted ? 1 : -1, more)
    for (const host of hosts) this.book.update(host, now)
  }

  valuesOf(prefixes: ReadonlySet<Prefix>): ReadonlySet<Prefix> {
    return new Set([...prefixes].flatMap((prefix) => hostsOf(prefix) ?? []))
  }

  #count(prefix: Prefix, by: 1 | -1, more: number): void {
    if (by === 1) this.#served.add(prefix)
    else this.#served.delete(prefix)
    this.#lengths.add(prefix, by)
    this.#spread += by * more
  }

  /** The last end of all that have the address. */
  #endOf(host: Prefix, now: number): number | null | undefined {
    let last: number | undefined
    for (const length of this.#lengths.within(host)) {
      const prefix = widenPrefix(host, length)
      const end = this.#served.has(prefix) ? this.#ends.get(prefix) : undefined
      if (end === null) return null
      if (end !== undefined && end > Math.max(last ?? 0, now)) last = end
    }
    return last
  }
}
