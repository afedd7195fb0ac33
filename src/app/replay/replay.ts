import { type Block, endOf } from '../../domain/block.ts'
import { HOUR } from '../../guards/breaker.ts'
import { blocksOf, type LedgerEvent, type Recorded } from '../../ledger/events.ts'
import { fold, forget } from '../../ledger/fold.ts'
import { emptyState, type State } from '../../ledger/state.ts'
import type { TriggerTaken } from '../../ledger/trigger-events.ts'
import { SAME_MS } from './compare.ts'
import { Counts } from './counts.ts'
import { keptOf } from './kept.ts'
import { Pairs } from './pairs.ts'
import { stepsOf } from './record.ts'
import { FIRST_NUMBER, type ReplaySite, World } from './world.ts'

/** Which part of the record is decided about again. Times are milliseconds; `to` is the first that is not. */
export interface ReplaySpan {
  readonly from: number
  readonly to: number
  /** How long a controller remembers what has ended. */
  readonly retainEndedMs: number
}

/** How often what has ended is looked at, as a controller does. */
const FORGET_EVERY = 10_000

/**
 * Folds a ledger twice. Up to the beginning of the span both are what was recorded; from there on, one goes on so, and in
 * the other every trigger is decided about anew, while what people did is kept. Events come in their order.
 */
export class Replay {
  readonly was: State = emptyState()
  readonly counts = new Counts()
  readonly pairs = new Pairs()
  readonly #world: World
  readonly #span: ReplaySpan
  /** By the number of a recorded block that the replay does not have: the block that stands in its place. */
  readonly #twins = new Map<number, number>()
  /** The other way round. */
  readonly #records = new Map<number, number>()
  #begun = false
  #lastForget = 0

  constructor(site: ReplaySite, span: ReplaySpan) {
    this.#world = new World(site)
    this.#span = span
  }

  /** Takes the events of one group. @returns whether the span is over */
  take(group: readonly Recorded[]): boolean {
    const at = group[0]?.at ?? 0
    if (at >= this.#span.to) return true
    if (at < this.#span.from) for (const recorded of group) this.#remember(recorded)
    else this.#replay(group, at)
    this.#forget(at)
    return false
  }

  /** Nothing more is to come: what is over by the end of the span has ended. */
  end(): void {
    if (!this.#begun) this.#begin()
    this.#endUntil(Math.min(this.#span.to, this.was.at))
  }

  #remember(recorded: Recorded): void {
    fold(this.was, recorded)
    this.#world.fold(recorded)
    const { at, event, redacted } = recorded
    if (at < this.#span.from - HOUR || redacted || event.type !== 'trigger.taken') return
    if (event.deed === 'began' || event.deed === 'proposed')
      this.#world.noteAttempt(event.source, at, event.attack, event.policy)
  }

  #begin(): void {
    this.#begun = true
    this.#world.begin()
  }

  #replay(group: readonly Recorded[], at: number): void {
    if (!this.#begun) this.#begin()
    this.#endUntil(at)
    for (const { recorded, trigger, done } of stepsOf(group)) {
      for (const one of [...done, recorded]) this.#foldRecord(one)
      if (trigger === undefined || recorded.redacted) {
        if (trigger !== undefined) this.counts.redacted += 1
        // Of one that was erased nobody knows what it said: what it led to stays.
        for (const one of [...done, recorded]) this.#keep(one)
      } else this.#decide(trigger, done, at)
    }
  }

  #foldRecord(recorded: Recorded): void {
    fold(this.was, recorded)
    for (const id of blocksOf(recorded.event)) this.pairs.update('was', id, this.was.blocks.get(id))
  }

  #keep(recorded: Recorded): void {
    const { event, at } = recorded
    const kept = keptOf(recorded, this.#world.state, (id) => this.#twinOf(id))
    if (kept === undefined) {
      if ('by' in event && event.type.startsWith('block.')) this.counts.unkept += 1
      return
    }
    if (kept.type === 'block.created' && kept.origin.kind === 'automatic')
      this.#world.noteAttempt(kept.origin.token, at)
    this.#world.fold({ ...recorded, event: kept })
    this.#updateWould(kept)
  }

  #decide(was: TriggerTaken, done: readonly Recorded[], at: number): void {
    const made = was.block === undefined ? undefined : this.was.blocks.get(was.block)
    const events = this.#world.take(was, at, made)
    const would = events.at(-1)
    if (would?.type !== 'trigger.taken') throw new Error('a trigger was decided about and is not on record')
    for (const event of events) this.#updateWould(event)
    this.counts.note(was, would, at, { was: done.map(({ event }) => event), would: events })
    if (would.deed === 'began' && made?.lease === undefined && this.#world.changesHands(was))
      this.counts.guessed += 1
    this.#pair(was, would)
  }

  #pair(was: TriggerTaken, would: TriggerTaken): void {
    const before = was.block === undefined ? undefined : this.#see('was', was.block, was)
    const after = would.block === undefined ? undefined : this.#see('would', would.block, would)
    if (before === undefined || after === undefined) return
    this.pairs.join(before, after)
    if (this.#world.state.blocks.has(before.id)) return
    this.#twins.set(before.id, after.id)
    this.#records.set(after.id, before.id)
  }

  #see(side: 'was' | 'would', id: number, trigger: TriggerTaken) {
    const of = (state: Readonly<State>) => state.blocks.get(id)
    const seen = this.pairs.see(side, id, of(side === 'was' ? this.was : this.#world.state), trigger)
    // What began before the span is one block on both sides.
    if (id < FIRST_NUMBER && this.was.blocks.has(id) && this.#world.state.blocks.has(id)) {
      const [a, b] = [
        this.pairs.see('was', id, of(this.was), trigger),
        this.pairs.see('would', id, of(this.#world.state), trigger),
      ]
      this.pairs.join(a, b)
    }
    return seen
  }

  #twinOf(id: number): number | undefined {
    return this.#world.state.blocks.has(id) ? id : this.#twins.get(id)
  }

  #endUntil(at: number): void {
    for (const id of this.#world.endUntil(at, (block) => this.#waits(block)))
      this.pairs.update('would', id, this.#world.state.blocks.get(id))
  }

  /** The record has the end of the same block at the same time: it comes when it came. */
  #waits(block: Block): boolean {
    const recorded = this.was.blocks.get(this.#records.get(block.id) ?? block.id)
    if (recorded === undefined || recorded.wanted === 'off') return false
    const [own, other] = [endOf(block), endOf(recorded)]
    return own !== null && other !== null && Math.abs(own - other) <= SAME_MS
  }

  #updateWould(event: LedgerEvent): void {
    for (const id of blocksOf(event)) this.pairs.update('would', id, this.#world.state.blocks.get(id))
  }

  #forget(at: number): void {
    if (at - this.#lastForget < FORGET_EVERY) return
    this.#lastForget = at
    const before = at - this.#span.retainEndedMs
    forget(this.was, before, at)
    this.#world.forget(before, at)
  }
}
