import { sleep } from '../domain/clock.ts'
import { inTurns } from '../domain/in-turns.ts'
import { endedBy } from '../ledger/ends.ts'
import type { BlockCounted, LedgerEvent } from '../ledger/events.ts'
import type { App } from './context.ts'

/** Counts what blocks had met when they end, until it is closed. */
export interface EndCounts {
  /** Resolves when what has ended until now is recorded. */
  close(): Promise<void>
}

/** Ends are recorded together: after this many milliseconds, at most so many at once. */
const EVERY = 1_000
const MOST = 1_000
/** Room for one count in the ledger, in bytes. */
const EVENT = 160

type Counting = Pick<App, 'ledger' | 'engine' | 'clock' | 'log'>

/**
 * Records, after blocks have ended, what their rules had met by the readings that there are. It asks no device and no
 * release waits for it; what cannot be recorded is not counted.
 */
export function countEnds(app: Counting): EndCounts {
  return new Counts(app)
}

class Counts implements EndCounts {
  readonly #app: Counting
  readonly #ended = new Set<number>()
  #counted: BlockCounted[] = []
  #counting: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #recording: Promise<void> = Promise.resolve()
  #closed = false

  constructor(app: Counting) {
    this.#app = app
    app.ledger.watchHead({ before: () => {}, after: (event) => this.#hear(event) })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    await this.#counting
    this.#record()
    await this.#recording
  }

  #hear(event: LedgerEvent): void {
    const ended = this.#closed ? [] : endedBy(event)
    if (ended.length === 0) return
    for (const id of ended) this.#ended.add(id)
    this.#counting ??= this.#count().catch((error: unknown) => this.#warn(error))
    this.#cancel ??= this.#app.clock.after(EVERY, () => this.#record())
  }

  /** Soon, since the next reading of a device forgets what is gone; and not in the turn in which a release is decided. */
  async #count(): Promise<void> {
    await sleep(this.#app.clock, 0)
    while (this.#ended.size > 0) {
      const ids = [...this.#ended]
      this.#ended.clear()
      const counted = await inTurns(this.#app.clock, ids, (id) => countOf(this.#app, id))
      this.#counted.push(...counted.flatMap((one) => one ?? []))
    }
    this.#counting = undefined
  }

  #record(): void {
    this.#cancel = undefined
    const events = this.#counted
    this.#counted = []
    this.#recording = this.#recording
      .then(() => this.#commit(events))
      .catch((error: unknown) => this.#warn(error))
    if (this.#counting !== undefined && !this.#closed)
      this.#cancel = this.#app.clock.after(EVERY, () => this.#record())
  }

  async #commit(events: readonly BlockCounted[]): Promise<void> {
    for (let from = 0; from < events.length; from += MOST) {
      const some = events.slice(from, from + MOST)
      const bytes = 512 + EVENT * some.length
      await this.#app.ledger.commit(() => ({ events: some, answer: undefined }), { bytes, always: false })
    }
  }

  #warn(error: unknown): void {
    this.#counting = undefined
    this.#app.log.warn({ error: String(error) }, 'what ended blocks had met is not on record')
  }
}

/** What is known of an ended block; undefined where no device has counted. */
function countOf({ ledger, engine }: Counting, id: number): BlockCounted | undefined {
  const block = ledger.head.blocks.get(id)
  if (block?.ending !== 'released' && block?.ending !== 'expired') return undefined
  let [packets, bytes] = [0, 0]
  const counting = new Set<string>()
  for (const { device, rule } of engine.rulesOf(block)) {
    const hits = engine.devices.get(device)?.hits
    // A device that no longer holds the rule is remembered until it is read again.
    const met = hits?.of(rule.key)
    // Never read, it is not known what it counts; but somebody may have looked at this rule alone.
    const isRead = hits?.since !== undefined || met !== undefined
    if (!isRead || !block.seenOn.includes(device)) continue
    counting.add(device)
    packets += met?.packets ?? 0
    bytes += met?.bytes ?? 0
  }
  if (counting.size === 0) return undefined
  return { type: 'block.counted', block: id, packets, bytes, devices: counting.size }
}
