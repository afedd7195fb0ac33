import type { Clock } from '../../domain/clock.ts'
import { inTurns } from '../../domain/in-turns.ts'
import type { Logger } from '../../domain/log.ts'
import { type Prefix, prefixContains, prefixLength, widenPrefix } from '../../domain/prefix.ts'
import type { Decision, Delta } from './decision-book.ts'
import { AddressesView, rangesView, type View } from './decision-views.ts'
import { LONGEST_LEASE } from './lease.ts'
import { type BlocksBehind, ListTerms } from './list-terms.ts'
import type { PulledList } from './pulled-list.ts'
import { MOST_SPREAD, takesAddressesAlone, WIDEST_SPREAD } from './spread.ts'

/** Who pulls. */
export interface Bouncer {
  /** Tells it from others; what it was told is remembered by this. */
  readonly key: string
  /** For people, such as `token t1 (edge firewall)`. */
  readonly name: string
  readonly userAgent?: string
}

/** What a bouncer is told at one moment. */
export interface Pull extends Delta {
  /** Milliseconds since 1970. */
  readonly now: number
  /** To be called once it was sent: then the bouncer knows. */
  delivered(): void
}

/** What was looked up, and when. */
export interface Found {
  readonly decisions: readonly Decision[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What bouncers need to know of the world. */
export interface BouncerSide extends BlocksBehind {
  readonly clock: Clock
  readonly log: Logger
  /** Sources of blocks that have ended, or whose time was changed: what a bouncer heard of them before may not be so. */
  doubtful(): Promise<ReadonlySet<Prefix>>
}

/** How often everything is looked at whether it must be renewed, in milliseconds. */
const LOOKED_AT = 15 * 60_000

/** Bouncers that are remembered; one that is not is told everything. */
const MOST_BOUNCERS = 1_000

const UNSERVED = 'too-wide-for-bouncer'

/** What bouncers are told of one list. */
export class BouncersOf {
  readonly #list: PulledList
  readonly #side: BouncerSide
  readonly #terms: ListTerms
  readonly #ranges: View
  readonly #addresses: AddressesView
  /** The last change that each was told, by view; the one that pulled last is last. */
  readonly #told = new Map<string, { readonly view: View; readonly seq: number }>()
  readonly #began: number
  #lookedAt: number
  #doubtful: Promise<ReadonlySet<Prefix>> | undefined
  /** One after the other: each leaves the views as of one moment. */
  #refreshed: Promise<void> = Promise.resolve()
  /** What was said of prefixes that are not served, and when a bouncer last was there that is not served them. */
  #remarked = ''
  #missedAt = 0

  constructor(list: PulledList, side: BouncerSide) {
    this.#list = list
    this.#side = side
    this.#terms = new ListTerms(list, side, side.clock)
    this.#began = side.clock.now()
    this.#lookedAt = this.#began
    const firstId = Math.floor(this.#began) * 1_000
    this.#ranges = rangesView(this.#terms.terms, firstId)
    this.#addresses = new AddressesView(this.#terms.terms, firstId)
  }

  /** Prefixes that a bouncer that takes single addresses alone is not told. */
  get unserved(): number {
    return this.#addresses.unserved.size
  }

  touch(block: number): void {
    this.#terms.touch(block)
  }

  touchAll(): void {
    this.#terms.touchAll()
  }

  /** @param startup it has nothing, or does not know what it has */
  async pull(bouncer: Bouncer, startup: boolean): Promise<Pull> {
    const before = startup ? undefined : this.#told.get(bouncer.key)
    const view = takesAddressesAlone(bouncer.userAgent) ? this.#addresses : this.#ranges
    const known = before !== undefined && before.view === view
    await this.#upToDate()
    // Afterwards: what changes between the two is seen by both, and never by none.
    const doubtful = known ? undefined : await this.#doubts(view)
    this.#remark(bouncer, view === this.#addresses)
    const { book } = view
    const { seq } = book
    const delta = known ? book.since(before.seq) : await book.all(this.#side.clock, doubtful)
    return { ...delta, now: this.#side.clock.now(), delivered: () => this.#remember(bouncer.key, view, seq) }
  }

  /**
   * What is told of an address or a prefix: of those that have all of it or, with `inside`, that lie in it; without one,
   * everything. Nothing is remembered of who asks.
   */
  async lookUp(asked: Prefix | undefined, inside: boolean): Promise<Found> {
    await this.#upToDate()
    const { clock } = this.#side
    const { book } = this.#ranges
    const prefixes =
      asked === undefined || inside
        ? await inTurns(clock, [...this.#terms.terms.keys()], (prefix) =>
            asked === undefined || prefixContains(asked, prefix) ? prefix : undefined,
          )
        : widerOf(asked)
    const decisions = prefixes.flatMap((prefix) => (prefix === undefined ? [] : (book.find(prefix) ?? [])))
    return { decisions, now: clock.now() }
  }

  /** Takes in what has changed. */
  #upToDate(): Promise<void> {
    const again = (): Promise<void> => {
      // What the one before was about to take in is not known.
      this.#terms.touchAll()
      return this.#refresh()
    }
    this.#refreshed = this.#refreshed.then(() => this.#refresh(), again)
    return this.#refreshed
  }

  async #refresh(): Promise<void> {
    const changed = await this.#terms.refresh()
    const { clock } = this.#side
    const now = clock.now()
    const due = now - this.#lookedAt >= LOOKED_AT
    if (due) this.#lookedAt = now
    const prefixes = due ? new Set([...changed, ...this.#terms.terms.keys()]) : changed
    for (const view of [this.#ranges, this.#addresses]) {
      if (due) view.book.sweep(now)
      await inTurns(clock, [...prefixes], (prefix) => view.update(prefix, now))
    }
  }

  /** Only what was told by an earlier process is in doubt, and that has run out after a while. */
  async #doubts(view: View): Promise<ReadonlySet<Prefix>> {
    if (this.#side.clock.now() - this.#began > LONGEST_LEASE) return new Set()
    this.#doubtful ??= this.#side.doubtful()
    const values = view.valuesOf(await this.#doubtful)
    return new Set([...values, ...view.shared])
  }

  #remember(key: string, view: View, seq: number): void {
    this.#told.delete(key)
    this.#told.set(key, { view, seq })
    const [oldest] = this.#told.keys()
    if (this.#told.size > MOST_BOUNCERS && oldest !== undefined) this.#told.delete(oldest)
  }

  /** What cannot be enforced is said in words, where people look for it, while somebody pulls who cannot. */
  #remark({ name, userAgent }: Bouncer, alone: boolean): void {
    const { unserved } = this.#addresses
    const now = this.#side.clock.now()
    if (alone && unserved.size > 0) this.#missedAt = now
    const missing = unserved.size > 0 && now - this.#missedAt < LOOKED_AT
    const [first] = unserved
    const remark = missing ? `${unserved.size} ${first}` : ''
    if (remark === this.#remarked) return
    this.#remarked = remark
    const which = `${unserved.size} ${unserved.size === 1 ? 'prefix' : 'prefixes'}, such as ${first}`
    const words = missing
      ? `${which}, cannot be told to bouncers that enforce single addresses alone, as ${name} does (${userAgent}): wider than ${WIDEST_SPREAD} addresses, or more than ${MOST_SPREAD} in all`
      : ''
    this.#list.say({ code: UNSERVED, ok: !missing, words })
    if (missing) this.#side.log.warn({ words }, 'a bouncer does not enforce all of its list')
  }
}

/** The prefix and all that contain it, the widest first. */
function widerOf(prefix: Prefix): Prefix[] {
  return Array.from({ length: prefixLength(prefix) + 1 }, (_, length) => widenPrefix(prefix, length))
}
