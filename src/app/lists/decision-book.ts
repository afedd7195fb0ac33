import type { Clock } from '../../domain/clock.ts'
import { inTurns } from '../../domain/in-turns.ts'
import type { Prefix } from '../../domain/prefix.ts'
import { leaseOf, type Term } from './lease.ts'

/** One value that a bouncer is told to enforce, or to let go. */
export interface Decision {
  readonly value: Prefix
  /** Grows with what is told, also over a restart. */
  readonly id: number
  /** Milliseconds since 1970. */
  readonly until: number
}

/** What a bouncer is told: first what it lets go, then what it takes. */
export interface Delta {
  readonly gone: readonly Decision[]
  readonly fresh: readonly Decision[]
}

/** What stands for one value; another one after each change. */
interface Told {
  readonly value: Prefix
  /** `undefined` once it is let go. */
  readonly until: number | undefined
  /** Which change this was. */
  readonly seq: number
  /** Whether somebody may have heard of it otherwise: before this change or, with another time, from an earlier process. */
  readonly heard: boolean
  /** The change before, whose decision this one replaces. */
  readonly was: number
  /** When the last bouncer has let it go by itself, whatever it has heard. */
  readonly runsOut: number
}

/** How long a bouncer may be late with what it was told, in milliseconds: its own clock begins when it has read it. */
const LATE = 10 * 60_000

/**
 * What bouncers were told and are to be told. A bouncer keeps a value until the time that it heard first, and ignores
 * another one for what it has: a change of time is told by letting go and telling anew. What was let go is kept until it
 * has run out everywhere, so whoever asks for what changed since any moment is told all of it.
 */
export class DecisionBook {
  readonly #termOf: (value: Prefix) => Term | undefined
  readonly #firstId: number
  readonly #told = new Map<Prefix, Told>()
  /** Changes in order; one that is not its value's last says nothing any more. */
  #log: { readonly seq: number; readonly value: Prefix }[] = []
  #seq = 0

  /**
   * @param termOf how long a value is wanted; `undefined` not at all
   * @param firstId below which no decision's id is
   */
  constructor(termOf: (value: Prefix) => Term | undefined, firstId: number) {
    this.#termOf = termOf
    this.#firstId = firstId
  }

  /** The number of the last change. */
  get seq(): number {
    return this.#seq
  }

  /** Looks at a value anew. */
  update(value: Prefix, now: number): void {
    const term = this.#termOf(value)
    const until = term === undefined || isOver(term, now) ? undefined : leaseOf(value, term.end, now)
    const told = this.#told.get(value)
    if (until === told?.until) return
    this.#seq += 1
    const seq = this.#seq
    const held = told !== undefined && now < told.runsOut + LATE
    // Had it been told since it began, as by a process before this one, it would have been for another time.
    const renewed = term !== undefined && leaseOf(value, term.end, term.began) !== until
    this.#told.set(value, {
      value,
      until,
      seq,
      heard: held || renewed,
      was: told?.seq ?? seq,
      runsOut: Math.max(held ? told.runsOut : 0, until ?? 0),
    })
    this.#log.push({ seq, value })
    if (this.#log.length > 2 * this.#told.size + 1_000)
      this.#log = this.#log.filter((one) => this.#told.get(one.value)?.seq === one.seq)
  }

  /** Forgets what no bouncer can still have, and names the values that are told, to be looked at anew. */
  sweep(now: number): Prefix[] {
    const values: Prefix[] = []
    for (const [value, { until, runsOut }] of this.#told) {
      if (until !== undefined) values.push(value)
      else if (runsOut + LATE < now) this.#told.delete(value)
    }
    return values
  }

  /** What stands for a value now. */
  find(value: Prefix): Decision | undefined {
    const told = this.#told.get(value)
    return told?.until === undefined ? undefined : this.#take(told, told.until)
  }

  /**
   * What changed after the change with this number, as whoever was told everything until then has to hear it. It may
   * have heard more, in an answer of which we do not know that it arrived.
   */
  since(seq: number): Delta {
    const gone: Decision[] = []
    const fresh: Decision[] = []
    for (let at = this.#firstAfter(seq); at < this.#log.length; at += 1) {
      const entry = this.#log[at]
      const told = entry === undefined ? undefined : this.#told.get(entry.value)
      if (entry === undefined || told?.seq !== entry.seq) continue
      if (told.heard) gone.push(this.#let(told))
      if (told.until !== undefined) fresh.push(this.#take(told, told.until))
    }
    return { gone, fresh }
  }

  /**
   * Everything as of now, for one of whom nothing is known: it may have whatever it was told once. In turns, as it may be
   * much.
   * @param doubtful values that it may have heard another time of, before this book was begun
   */
  async all(clock: Clock, doubtful: ReadonlySet<Prefix> = new Set()): Promise<Delta> {
    const gone: Decision[] = []
    const fresh: Decision[] = []
    const nobodys = [...doubtful].filter((value) => !this.#told.has(value))
    await inTurns(clock, [...this.#told.values()], (told) => {
      const { value, until, heard } = told
      if (heard || doubtful.has(value)) gone.push(this.#let(told))
      if (until !== undefined) fresh.push(this.#take(told, until))
    })
    for (const value of nobodys) gone.push({ value, id: this.#firstId, until: 0 })
    return { gone, fresh }
  }

  #let({ value, was, runsOut }: Told): Decision {
    return { value, id: this.#firstId + was, until: runsOut }
  }

  #take({ value, seq }: Told, until: number): Decision {
    return { value, id: this.#firstId + seq, until }
  }

  /** Where in the log what came after this change begins. */
  #firstAfter(seq: number): number {
    let [low, high] = [0, this.#log.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#log[middle]?.seq ?? 0) <= seq) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isOver({ end }: Term, now: number): boolean {
  return end !== null && end <= now
}
