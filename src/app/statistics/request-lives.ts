import { answersTo, type RequestKind, type Settlement, type Side } from '../../domain/request.ts'
import { SETTLED_KEPT } from '../../ledger/fold-request.ts'
import type { RequestEvent } from '../../ledger/request-events.ts'
import type { RequestGroup, Tally } from './tally.ts'

/** A request that is open, or that can be opened again. */
interface Life {
  readonly group: RequestGroup
  readonly block?: number
  /** Since when the answer is waited for, and how long it was not since then; milliseconds. */
  from: number
  paused: number
  pausedAt?: number | undefined
  due: number | null
  acknowledgeBy?: number | undefined
  settled?: { readonly how: Settlement; readonly at: number } | undefined
}

/** What settles a request by an answer, and not by nobody waiting for one any more. */
const ANSWERS: ReadonlySet<Settlement> = new Set(['granted', 'denied', 'received'])

/** Follows requests from the filing to the answer, and counts what happens. */
export class RequestLives {
  readonly #tally: Tally
  readonly #lives = new Map<number, Life>()
  /** Open requests to lift a block, by the block. */
  readonly #about = new Map<number, readonly number[]>()
  /** When requests were settled that can be opened again; those that were settled first come first. */
  readonly #settled = new Map<number, number>()

  constructor(tally: Tally) {
    this.#tally = tally
  }

  get size(): number {
    return this.#lives.size
  }

  /** How many requests of a kind are open, and how many of these should have been answered. */
  open(
    kind: RequestKind,
    now: number,
    isMeant: (group: RequestGroup) => boolean,
  ): { readonly open: number; readonly overdue: number } {
    const open = [...this.#lives.values()].filter(
      ({ group, settled }) => settled === undefined && group.kind === kind && isMeant(group),
    )
    return { open: open.length, overdue: open.filter(({ due }) => due !== null && due < now).length }
  }

  advance(now: number): void {
    for (const [id, at] of this.#settled) {
      if (at + SETTLED_KEPT > now) break
      this.#settled.delete(id)
      this.#lives.delete(id)
    }
  }

  fold(event: RequestEvent, at: number): void {
    if (event.type === 'request.filed') {
      const { kind, departments, block, due, acknowledgeBy } = event
      const about = block === undefined ? {} : { block }
      const life = { group: { kind, departments }, ...about, from: at, paused: 0, due, acknowledgeBy }
      this.#lives.set(event.request, life)
      this.#tally.requests(at, life.group).filed += 1
      return this.#opened(event.request, life)
    }
    const life = this.#lives.get(event.request)
    if (life !== undefined) this.#change(life, event, at)
  }

  #change(life: Life, event: Exclude<RequestEvent, { type: 'request.filed' }>, at: number): void {
    switch (event.type) {
      case 'request.taken':
        return this.#acknowledge(life, event.as, at)
      case 'request.said':
        this.#acknowledge(life, event.as, at)
        turnTo(life, event.turn, at)
        life.due = event.due
        return
      case 'request.settled':
        this.#acknowledge(life, event.as, at)
        return this.#settle(event.request, life, event.how, at)
      case 'request.reopened':
        return this.#reopen(event.request, life, event, at)
      case 'request.due':
        life.due = event.due
        if (life.acknowledgeBy !== undefined && event.acknowledgeBy !== undefined)
          life.acknowledgeBy = event.acknowledgeBy
        return
      case 'request.reminded':
        return
    }
  }

  /** A block has ended: whoever still asks for that has it. */
  blockEnded(block: number, at: number): void {
    for (const id of this.#about.get(block) ?? []) {
      const life = this.#lives.get(id)
      if (life !== undefined) this.#settle(id, life, 'moot', at)
    }
  }

  /** Somebody of the side that has to answer has looked at it, for the first time. */
  #acknowledge(life: Life, as: Side, at: number): void {
    if (life.acknowledgeBy === undefined || as !== answersTo(life.group.kind)) return
    this.#tally.requests(at, life.group).acknowledged[at <= life.acknowledgeBy ? 'met' : 'missed'] += 1
    life.acknowledgeBy = undefined
  }

  #settle(id: number, life: Life, how: Settlement, at: number): void {
    if (life.settled !== undefined && life.settled.how !== 'moot') return
    const counts = this.#tally.requests(at, life.group)
    // The block went with the answer, and a moment before it.
    if (life.settled !== undefined) this.#tally.requests(life.settled.at, life.group).settled.moot -= 1
    counts.settled[how] += 1
    if (ANSWERS.has(how)) {
      turnTo(life, answersTo(life.group.kind), at)
      counts.answer.add(at - life.from - life.paused)
      counts.answered[life.due === null || at <= life.due ? 'met' : 'missed'] += 1
    }
    life.settled = { how, at }
    this.#closed(id, life)
    this.#settled.delete(id)
    this.#settled.set(id, at)
  }

  #reopen(
    id: number,
    life: Life,
    { due, acknowledgeBy }: Extract<RequestEvent, { type: 'request.reopened' }>,
    at: number,
  ): void {
    this.#tally.requests(at, life.group).reopened += 1
    Object.assign(life, { from: at, paused: 0, pausedAt: undefined, due, acknowledgeBy, settled: undefined })
    this.#settled.delete(id)
    this.#opened(id, life)
  }

  #opened(id: number, { group, block }: Life): void {
    if (group.kind === 'unblock' && block !== undefined)
      this.#about.set(block, [...(this.#about.get(block) ?? []), id])
  }

  #closed(id: number, { block }: Life): void {
    if (block === undefined) return
    const left = (this.#about.get(block) ?? []).filter((other) => other !== id)
    if (left.length === 0) this.#about.delete(block)
    else this.#about.set(block, left)
  }
}

/** The clock stands still while it is the turn of the other side. */
function turnTo(life: Life, turn: Side, at: number): void {
  if (turn !== answersTo(life.group.kind)) life.pausedAt ??= at
  else if (life.pausedAt !== undefined) {
    life.paused += at - life.pausedAt
    life.pausedAt = undefined
  }
}
