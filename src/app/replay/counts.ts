import type { LedgerEvent } from '../../ledger/events.ts'
import type { TriggerTaken, TriggerVerdict } from '../../ledger/trigger-events.ts'

/** How many triggers had each verdict. */
export type Verdicts = Readonly<Record<TriggerVerdict, number>>

/** A breaker that would have tripped. */
export interface Trip {
  readonly breaker: string
  readonly limit: string
  readonly at: number
  /** By which trigger. */
  readonly trigger: number
}

/** Triggers about which a policy could not decide, of one reason. */
export interface Undecided {
  readonly policy: string
  readonly why: string
  count: number
  /** The first of them. */
  readonly trigger: number
}

const NONE: Verdicts = { block: 0, ask: 0, refuse: 0, ignore: 0, none: 0 }

/** What is counted of a replay. */
export class Counts {
  replayed = 0
  /** Triggers whose personal data was erased. */
  redacted = 0
  /** Deeds of people about blocks that the replay does not have. */
  unkept = 0
  /** Triggers that began a block at an address that changes hands, without a record of who had it. */
  guessed = 0
  /** Triggers with another verdict, or by another rule. */
  differently = 0
  readonly was: Record<TriggerVerdict, number> = { ...NONE }
  readonly would: Record<TriggerVerdict, number> = { ...NONE }
  /** Breakers that tripped in the replay and not in the record. */
  readonly trips: Trip[] = []
  readonly #hits = new Set<string>()
  readonly #undecided = new Map<string, Undecided>()

  note(
    was: TriggerTaken,
    would: TriggerTaken,
    at: number,
    events: Readonly<Record<'was' | 'would', readonly LedgerEvent[]>>,
  ): void {
    this.replayed += 1
    this.was[was.verdict] += 1
    this.would[would.verdict] += 1
    if (isOther(was, would)) this.differently += 1
    for (const { policy, rule } of [would, ...would.tried])
      if (policy !== undefined && rule !== undefined) this.#hits.add(`${policy}/${rule}`)
    this.#noteUndecided(would)
    const tripped = new Set(events.was.map((event) => breakerOf(event)))
    for (const event of events.would)
      if (event.type === 'breaker.tripped' && !tripped.has(event.breaker))
        this.trips.push({ breaker: event.breaker, limit: event.limit, at, trigger: would.trigger })
  }

  /** Whether a rule has decided about a trigger, or would have where its policy is tried out. */
  wasHit(policy: string, rule: string): boolean {
    return this.#hits.has(`${policy}/${rule}`)
  }

  get undecided(): readonly Undecided[] {
    return [...this.#undecided.values()]
  }

  /** A refusal by no rule is a policy that could not be evaluated. */
  #noteUndecided({ policy, rule, why = '', trigger }: TriggerTaken): void {
    if (policy === undefined || rule !== undefined) return
    const known = this.#undecided.get(`${policy} ${why}`)
    if (known === undefined) this.#undecided.set(`${policy} ${why}`, { policy, why, count: 1, trigger })
    else known.count += 1
  }
}

function isOther(a: TriggerTaken, b: TriggerTaken): boolean {
  return a.verdict !== b.verdict || a.policy !== b.policy || a.rule !== b.rule
}

function breakerOf(event: LedgerEvent): string | undefined {
  return event.type === 'breaker.tripped' ? event.breaker : undefined
}
