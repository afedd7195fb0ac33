import type { Clock } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { LedgerEvent, MilestoneKind } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** First times are recorded together: at the latest after this many milliseconds or blocks. */
const EVERY = 250
const MOST = 1_000

interface Batch {
  readonly device: string
  readonly reached: MilestoneKind
  /** What is said of each block; a block is there once, however often it is noted. */
  readonly blocks: Map<number, string>
}

/** Collects what blocks reached on devices and records it in the ledger, a batch at a time. */
export class Milestones {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #log: Logger
  /** By what was reached, then by device. */
  readonly #batches: Readonly<Record<MilestoneKind, Map<string, Batch>>> = {
    'in-force': new Map(),
    gone: new Map(),
    failed: new Map(),
  }
  /** Failures already recorded, by device and block, so that a flapping device does not fill the ledger. */
  readonly #failed = new Set<string>()
  #cancel: (() => void) | undefined
  #recording: Promise<void> = Promise.resolve()

  constructor(ledger: Ledger, clock: Clock, log: Logger) {
    this.#ledger = ledger
    this.#clock = clock
    this.#log = log
  }

  note(reached: MilestoneKind, device: string, block: number, words?: string): void {
    if (reached === 'failed') {
      const once = `${device} ${block}`
      if (this.#failed.has(once)) return
      this.#failed.add(once)
    }
    const batches = this.#batches[reached]
    let batch = batches.get(device)
    if (batch === undefined) {
      batch = { device, reached, blocks: new Map() }
      batches.set(device, batch)
    }
    batch.blocks.set(block, (words ?? '').slice(0, 300))
    if (batch.blocks.size >= MOST) this.#record(batch)
    else this.#cancel ??= this.#clock.after(EVERY, () => this.#recordAll())
  }

  /** A block has ended: its failure may be recorded again under another number only. */
  forget(device: string, block: number): void {
    this.#failed.delete(`${device} ${block}`)
  }

  #recordAll(): void {
    this.#cancel = undefined
    for (const batches of Object.values(this.#batches))
      for (const batch of batches.values()) this.#record(batch)
  }

  #record({ device, reached, blocks: noted }: Batch): void {
    this.#batches[reached].delete(device)
    const blocks = [...noted.keys()]
    const words = reached === 'failed' ? [...noted.values()] : []
    const event: LedgerEvent = {
      type: 'milestones',
      device,
      reached,
      blocks,
      ...(reached === 'failed' ? { words } : {}),
    }
    const bytes = 512 + blocks.length * 12 + words.reduce((sum, text) => sum + 8 + text.length * 6, 0)
    const commit = this.#ledger.commit(() => ({ events: [event], answer: undefined }), {
      bytes,
      always: false,
    })
    this.#recording = commit.catch((error: unknown) =>
      this.#log.warn({ error: String(error), device, reached }, 'milestones could not be recorded'),
    )
  }

  /** Records what is left. */
  async close(): Promise<void> {
    this.#cancel?.()
    this.#recordAll()
    await this.#recording
  }
}
