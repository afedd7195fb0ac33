import type { Clock } from '../domain/clock.ts'
import { Awaited } from './awaited.ts'

/** Rules that a router should have been seen to have, or to have lost, by now. */
export interface Late {
  readonly count: number
  readonly words: string
}

/** What a router has not taken up or not given up: how many rules, and the one that is waited for the longest. */
export interface Overdue {
  readonly count: number
  readonly first: string
  readonly why: string | undefined
}

export interface LatenessOptions {
  readonly enforcer: string
  /** Milliseconds from the device's word to the sight. */
  readonly within: number
  readonly clock: Clock
  /** Whether the sight is still to come, as far as the device's table goes. */
  readonly isDue: (key: string, present: boolean) => boolean
  /** The witness's own words. */
  readonly whyNot: (key: string) => string | undefined
  /** Called when some are late that were not, once until `onEnd`. */
  readonly onLate: (notAccepted: Overdue | undefined, notGone: Overdue | undefined) => void
  readonly onEnd: () => void
}

/** How soon the end of being late is noticed. */
const LOOK_EVERY = 1_000

/**
 * Notices when a router is late with rules. A rule costs one entry of a map while its sight is awaited; one timer
 * serves them all.
 */
export class Lateness {
  readonly #options: LatenessOptions
  readonly #awaited = new Awaited()
  /** Monotonic; what came before was not to be seen, whoever was late. Undefined while the router cannot be read. */
  #readableSince: number | undefined
  #isLate = false
  #cancel: (() => void) | undefined

  constructor(options: LatenessOptions) {
    this.#options = options
  }

  /** The router can be read from now on, or no longer. */
  readable(is: boolean): void {
    this.#readableSince = is ? (this.#readableSince ?? this.#now()) : undefined
  }

  expect(key: string, present: boolean): void {
    this.#awaited.expect(key, present, this.#now())
    this.#arm(this.#options.within)
  }

  /** Of what may be expected already. */
  expectStill(key: string, present: boolean): void {
    this.#awaited.expectStill(key, present, this.#now())
    this.#arm(this.#options.within)
  }

  /** The router was seen to have a rule, or not; `wanted`, whether it should. */
  saw(key: string, present: boolean, wanted: boolean): void {
    if (present === wanted) this.#awaited.drop(key)
    else if (this.#awaited.of(key) === undefined) this.expect(key, wanted)
  }

  isLateWith(key: string): boolean {
    const wait = this.#awaited.of(key)
    return wait !== undefined && wait.since <= this.#bar() && this.#options.isDue(key, wait.present)
  }

  /** What is late now, in words for people. */
  get late(): Late | undefined {
    const { notAccepted, notGone } = this.#overdue()
    const words = this.#said(notAccepted, notGone, wordsOf)
    if (words === undefined) return undefined
    return { count: (notAccepted?.count ?? 0) + (notGone?.count ?? 0), words }
  }

  /** The same without the name of a rule, which is personal data. */
  get alarm(): string | undefined {
    const { notAccepted, notGone } = this.#overdue()
    return this.#said(notAccepted, notGone, countOf)
  }

  #said(
    notAccepted: Overdue | undefined,
    notGone: Overdue | undefined,
    say: (overdue: Overdue) => string,
  ): string | undefined {
    const { enforcer } = this.#options
    const words = [
      ...(notAccepted === undefined
        ? []
        : [`announced but not accepted at ${enforcer}: ${say(notAccepted)}`]),
      ...(notGone === undefined ? [] : [`withdrawn but still at ${enforcer}: ${say(notGone)}`]),
    ]
    return words.length === 0 ? undefined : words.join('; ')
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #overdue(): { readonly notAccepted: Overdue | undefined; readonly notGone: Overdue | undefined } {
    const found = { notAccepted: { count: 0, first: '' }, notGone: { count: 0, first: '' } }
    for (const [key, present] of this.#awaited.overdue(this.#bar())) {
      if (!this.#options.isDue(key, present)) continue
      const one = present ? found.notAccepted : found.notGone
      if (one.count === 0) one.first = key
      one.count += 1
    }
    return { notAccepted: this.#explained(found.notAccepted), notGone: this.#explained(found.notGone) }
  }

  #explained({ count, first }: { readonly count: number; readonly first: string }): Overdue | undefined {
    return count === 0 ? undefined : { count, first, why: this.#options.whyNot(first) }
  }

  /** Waiting that began then or before has taken too long. */
  #bar(): number {
    const bar = this.#now() - this.#options.within
    return this.#readableSince === undefined || this.#readableSince > bar ? Number.NEGATIVE_INFINITY : bar
  }

  #arm(ms: number): void {
    this.#cancel ??= this.#options.clock.after(ms, () => {
      this.#cancel = undefined
      this.#look()
      if (this.#awaited.isEmpty) return
      const { within } = this.#options
      const left = (this.#awaited.oldest ?? 0) + within - this.#now()
      this.#arm(this.#isLate ? LOOK_EVERY : Math.max(left, LOOK_EVERY))
    })
  }

  #look(): void {
    const isLate = this.#isAnyLate()
    if (isLate === this.#isLate) return
    this.#isLate = isLate
    if (!isLate) return this.#options.onEnd()
    const { notAccepted, notGone } = this.#overdue()
    this.#options.onLate(notAccepted, notGone)
  }

  /** Only the first that counts is looked at; those before it that no longer do are dropped. */
  #isAnyLate(): boolean {
    for (const [key, present] of this.#awaited.overdue(this.#bar())) {
      if (this.#options.isDue(key, present)) return true
      this.#awaited.drop(key)
    }
    return false
  }

  #now(): number {
    return this.#options.clock.monotonic()
  }
}

function countOf({ count }: Pick<Overdue, 'count'>): string {
  return `${count} ${count === 1 ? 'rule' : 'rules'}`
}

function wordsOf({ count, first, why }: Overdue): string {
  return `${countOf({ count })}, first ${first}${why === undefined ? '' : ` (${why})`}`
}
