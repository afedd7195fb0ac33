import { type Block, isOver } from '../domain/block.ts'
import type { Clock } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { ExpiryHeap } from './expiry-heap.ts'

/** Blocks that end in one turn, so that a thousand ends do not stall the rest. */
const AT_ONCE = 100
const RECORD_AGAIN = 1_000

/** A timer can be no longer than this; waking early does no harm. */
const LONGEST_TIMER = 2 ** 31 - 1

export interface ExpiriesOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Logger
  /** Takes a block's rules away. */
  readonly end: (block: Block) => void
}

/** Ends blocks at their time: the rules go at once, the record of it follows. */
export class Expiries {
  readonly #options: ExpiriesOptions
  readonly #heap = new ExpiryHeap()
  #cancel: (() => void) | undefined

  constructor(options: ExpiriesOptions) {
    this.#options = options
  }

  /** The block ends at `until`. An earlier time that was pushed for it is found stale when it comes. */
  push(until: number, block: number): void {
    this.#heap.push(until, block)
    if (this.#cancel !== undefined && this.#heap.next === until) this.#schedule()
  }

  /** Ends what is due and goes on doing so until stopped. */
  start(): void {
    this.#endDue()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(): void {
    this.#cancel?.()
    const { clock } = this.#options
    const wait = (this.#heap.next ?? Number.POSITIVE_INFINITY) - clock.now()
    this.#cancel = clock.after(Math.min(Math.max(0, wait), LONGEST_TIMER), () => this.#endDue())
  }

  #endDue(): void {
    const { ledger, clock, end } = this.#options
    const now = clock.now()
    const due = new Set<number>()
    while (due.size < AT_ONCE) {
      const id = this.#heap.pop(now)
      if (id === undefined) break
      const block = ledger.head.blocks.get(id)
      if (block === undefined || !isOver(block, now) || due.has(id)) continue
      due.add(id)
      end(block)
    }
    if (due.size > 0) this.#record([...due])
    this.#schedule()
  }

  #record(due: readonly number[]): void {
    const { ledger, clock, log } = this.#options
    const commit = ledger.commit(
      (head) => {
        // Not by the time of the group, which may have been opened a moment before the end: nobody would ask again.
        const now = clock.now()
        const ended = due.filter((id) => {
          const block = head.blocks.get(id)
          return block !== undefined && isOver(block, now)
        })
        return {
          events: ended.map((block) => ({ type: 'block.expired' as const, block })),
          answer: undefined,
        }
      },
      { bytes: 256 + due.length * 64, always: true },
    )
    commit.catch((error: unknown) => {
      log.warn(
        { error: String(error), count: due.length },
        'expiries could not be recorded; they are in effect and recorded later',
      )
      if (this.#cancel !== undefined) clock.after(RECORD_AGAIN, () => this.#record(due))
    })
  }
}
