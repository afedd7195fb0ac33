import { isActive } from '../domain/block.ts'
import { sleep } from '../domain/clock.ts'
import { ExpiryHeap } from '../engine/expiry-heap.ts'
import { blocksOf, type LedgerEvent } from '../ledger/events.ts'
import { incidentKey } from '../ledger/fold-trigger.ts'
import type { IncidentBlock } from '../ledger/trigger-events.ts'
import type { App } from './context.ts'
import { type Ending, endingOf, lastAgain } from './goes-on.ts'
import { type Count, countPackets, trafficBetween } from './traffic.ts'

/** Watches how blocks of policies end, until it is closed. */
export interface EndWatch {
  /** Resolves when nothing is asked of devices any more. */
  close(): Promise<void>
}

/** How long before its end a block is looked at, in milliseconds: packets are counted twice in that time. */
const AHEAD = 20_000
/** The part of it between the two. */
const COUNTED = 3 / 4
/** A timer can be no longer than this; waking early does no harm. */
const LONGEST_TIMER = 2 ** 31 - 1
const MOST_AT_ONCE = 1_000

/**
 * Asks, shortly before a block of a policy ends, whether what it stops goes on, where the policy wants to know: then it
 * lasts again. It only ever moves an end; whatever keeps it from asking, the block ends.
 */
export function watchEnds(app: App): EndWatch {
  return new Watch(app)
}

class Watch implements EndWatch {
  readonly #app: App
  /** By block that may last again: the key of its incident, and when it is to be looked at. */
  readonly #followed = new Map<number, { readonly key: string; time?: number }>()
  readonly #heap = new ExpiryHeap()
  readonly #closing = new AbortController()
  readonly #rounds = new Set<Promise<void>>()
  #cancel = (): void => {}

  constructor(app: App) {
    this.#app = app
    for (const [key, { blocks }] of app.ledger.head.incidents) this.#follow(key, blocks)
    app.ledger.watchHead({ before: () => {}, after: (event) => this.#hear(event) })
    this.#schedule()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#cancel()
    await Promise.all(this.#rounds)
  }

  #hear(event: LedgerEvent): void {
    if (this.#closing.signal.aborted) return
    if (event.type === 'trigger.taken') this.#follow(incidentKey(event.source, event.record.id), event.blocks)
    else if (event.type.startsWith('block.') || event.type === 'automation.panicked')
      for (const id of blocksOf(event)) this.#push(id)
  }

  #follow(key: string, blocks: readonly IncidentBlock[]): void {
    for (const { block, goesOn } of blocks) {
      if (goesOn === undefined) continue
      if (!this.#followed.has(block)) this.#followed.set(block, { key })
      this.#push(block)
    }
  }

  #push(id: number): void {
    const followed = this.#followed.get(id)
    if (followed === undefined) return
    const block = this.#app.ledger.head.blocks.get(id)
    if (block === undefined || block.wanted === 'off') this.#followed.delete(id)
    else if (block.wanted === 'on' && block.until !== null && block.until - AHEAD !== followed.time) {
      // A time that was pushed for it before is found stale when it comes.
      followed.time = block.until - AHEAD
      this.#heap.push(followed.time, id)
      if (this.#heap.next === followed.time) this.#schedule()
    }
  }

  #schedule(): void {
    this.#cancel()
    const { clock } = this.#app
    const { next } = this.#heap
    if (next === undefined || this.#closing.signal.aborted) return
    const wait = Math.min(Math.max(0, next - clock.now()), LONGEST_TIMER)
    this.#cancel = clock.after(wait, () => this.#lookAtDue())
  }

  #lookAtDue(): void {
    const { ledger, clock, log } = this.#app
    const now = clock.now()
    const due = new Set<number>()
    while (due.size < MOST_AT_ONCE) {
      const id = this.#heap.pop(now)
      if (id === undefined) break
      const block = ledger.head.blocks.get(id)
      const isDue = block !== undefined && isActive(block, now) && (block.until ?? now + AHEAD) - AHEAD <= now
      if (isDue) due.add(id)
    }
    this.#schedule()
    const endings = [...due].flatMap((id) => this.#endingOf(id, now) ?? [])
    if (endings.length === 0) return
    const round = this.#look(endings).catch((error: unknown) => {
      log.warn({ error: String(error), blocks: endings.length }, 'blocks end without being looked at')
    })
    this.#rounds.add(round)
    void round.then(() => this.#rounds.delete(round))
  }

  #endingOf(id: number, now: number): Ending | undefined {
    return endingOf(this.#app.ledger.head, now, id, this.#followed.get(id)?.key ?? '')
  }

  async #look(endings: readonly Ending[]): Promise<void> {
    const { clock } = this.#app
    const blocks = endings.map(({ block }) => block)
    const first = await countPackets(this.#app, blocks)
    const left = Math.min(...blocks.map(({ until }) => until ?? 0)) - clock.now()
    await sleep(clock, Math.max(0, left * COUNTED), this.#closing.signal)
    if (this.#closing.signal.aborted) return
    const second = await countPackets(this.#app, blocks)
    await this.#record(
      blocks.map(({ id }) => id),
      first,
      second,
    )
  }

  async #record(ids: readonly number[], first: Count, second: Count): Promise<void> {
    const { ledger, log } = this.#app
    const again = await ledger.commit(
      (head, now) => {
        const events = ids.flatMap((id) => {
          const ending = this.#endingOf(id, now)
          // Somebody, or its source, has moved its end meanwhile.
          if (ending === undefined || (ending.block.until ?? 0) - AHEAD > now) return []
          return lastAgain(this.#app, head, now, ending, trafficBetween(first, second, id)) ?? []
        })
        return { events, answer: events.length }
      },
      { bytes: 256 + ids.length * 512, always: false },
    )
    if (again > 0) log.info({ blocks: again }, 'blocks last again, as what they stop goes on')
  }
}
