import { type Prefix, widenPrefix } from '../../domain/prefix.ts'
import { DecisionBook } from './decision-book.ts'
import { joined, type Term } from './lease.ts'
import { hostsOf, LengthCount, MOST_SPREAD } from './spread.ts'

/** What kinds of bouncers are told of one list. */
export interface View {
  readonly book: DecisionBook
  /** A prefix came, went, or ends at another time. */
  update(prefix: Prefix, now: number): void
  /** What such bouncers may have been told for these prefixes. */
  valuesOf(prefixes: ReadonlySet<Prefix>): ReadonlySet<Prefix>
  /** Values that have been told for several prefixes at once: who heard of them for one alone may have its time. */
  readonly shared: ReadonlySet<Prefix>
  /** Prefixes that such bouncers cannot be told. */
  readonly unserved: ReadonlySet<Prefix>
}

type Terms = ReadonlyMap<Prefix, Term>

const NOTHING: ReadonlySet<Prefix> = new Set()

/** For bouncers that take ranges: prefixes as they are. */
export function rangesView(terms: Terms, firstId: number): View {
  const book = new DecisionBook((prefix) => terms.get(prefix), firstId)
  return {
    book,
    shared: NOTHING,
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
  readonly shared = new Set<Prefix>()
  readonly unserved = new Set<Prefix>()
  readonly #terms: Terms
  readonly #most: number
  /** Prefixes that are told. */
  readonly #served = new Set<Prefix>()
  readonly #lengths = new LengthCount()
  /** Addresses of those that are no hosts. */
  #spread = 0

  constructor(terms: Terms, firstId: number, most = MOST_SPREAD) {
    this.#terms = terms
    this.#most = most
    this.book = new DecisionBook((host) => this.#termOf(host), firstId)
  }

  update(prefix: Prefix, now: number): void {
    const hosts = hostsOf(prefix)
    const more = hosts === undefined || hosts.length === 1 ? 0 : hosts.length
    const wanted = this.#terms.has(prefix)
    const served = this.#served.has(prefix)
    const fits = hosts !== undefined && (served || this.#spread + more <= this.#most)
    if (wanted && !fits) this.unserved.add(prefix)
    else this.unserved.delete(prefix)
    if (hosts === undefined || (!served && !(wanted && fits))) return
    if (wanted !== served) this.#count(prefix, wanted ? 1 : -1, more)
    for (const host of hosts) {
      this.#noteShared(host)
      this.book.update(host, now)
    }
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

  #noteShared(host: Prefix): void {
    const count = this.#termsOf(host).length
    if (count > 1) this.shared.add(host)
    else if (count === 0) this.shared.delete(host)
  }

  /** Of all that have the address together. */
  #termOf(host: Prefix): Term | undefined {
    return joined(this.#termsOf(host))
  }

  #termsOf(host: Prefix): Term[] {
    return this.#lengths.within(host).flatMap((length) => {
      const prefix = widenPrefix(host, length)
      return this.#served.has(prefix) ? (this.#terms.get(prefix) ?? []) : []
    })
  }
}
