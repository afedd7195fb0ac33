import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../domain/clock.ts'
import { partsOf } from '../domain/in-turns.ts'
import type { Logger } from '../domain/log.ts'
import type { RetentionRule } from '../domain/retention.ts'
import { readCheckpoint } from './checkpoint.ts'
import { type Owners, ownersOf, redactedOf } from './erasable.ts'
import { type LedgerEvent, type Recorded, withoutPersonalData } from './events.ts'
import { type Files, folderFiles } from './files.ts'
import { fold, forget } from './fold.ts'
import type { CommitOptions, Decided, HeadWatcher, Ledger } from './ledger.ts'
import type { Salt } from './line.ts'
import { loadLedger } from './load.ts'
import { lockFolder } from './lock.ts'
import { BEGINNING, type Position, readGroups, segmentStart } from './reader.ts'
import { eraseRecords } from './redact.ts'
import { runCheckpoint } from './run-checkpoint.ts'
import { listSegments } from './segment.ts'
import type { State } from './state.ts'
import { Writer } from './writer.ts'

export interface FileLedgerOptions {
  readonly folder: string
  readonly clock: Clock
  readonly log: Logger
  readonly salt: Salt
  /** Ended blocks leave memory after this time, in milliseconds. */
  readonly retainEndedMs: number
  readonly segmentBytes: number
  /** A checkpoint is made when this many events have come since the last one. */
  readonly checkpointEvents: number
  /** A write failed: the process must end without answering anyone. */
  readonly onFatal: (error: unknown) => void
  /** Instead of the folder: neither lock nor checkpoint is made then. For tests. */
  readonly files?: Files
}

/** How often ended blocks are looked at, in milliseconds. */
const FORGET_EVERY = 10_000
/** A hundred thousand at once would stall everything else: the rest goes with what is written next. */
const FORGET_AT_ONCE = 1_000

/** The ledger in files of one folder (DESIGN §3): JSON lines with a hash chain, side records, and a checkpoint. */
export class FileLedger implements Ledger {
  readonly #options: FileLedgerOptions
  readonly #files: Files
  readonly #state: State
  readonly #unlock: () => void
  readonly #listeners: ((recorded: readonly Recorded[]) => void)[] = []
  readonly #watchers: HeadWatcher[] = []
  #writer!: Writer
  #checkpointSeq: number
  #checkpointing: ReturnType<typeof runCheckpoint> | undefined
  #redacting: Promise<unknown> = Promise.resolve()
  /** Events to be erased whose bytes may still be there; a checkpoint made meanwhile might hold them for good. */
  readonly #unerased = new Set<number>()
  /** Counts what makes a side file that is open for reading say too much. */
  #erasures = 0
  #closing = false
  #lastForget = 0

  private constructor(options: FileLedgerOptions, files: Files, state: State, unlock: () => void) {
    this.#options = options
    this.#files = files
    this.#state = state
    this.#unlock = unlock
    this.#checkpointSeq = state.seq
  }

  /** @throws LedgerLocked, LedgerDamaged */
  static async open(options: FileLedgerOptions): Promise<FileLedger> {
    const unlock = options.files === undefined ? lockFolder(options.folder) : () => {}
    try {
      const files = options.files ?? (await folderFiles(options.folder))
      const loaded = await loadLedger(
        files,
        options.files === undefined ? await readCheckpoint(join(options.folder, 'checkpoint')) : undefined,
      )
      if (loaded.dropped !== undefined) {
        options.log.warn(
          { segment: loaded.position.segment, seq: loaded.position.seq, why: loaded.dropped },
          'the last line of the ledger was damaged and is dropped; nothing in it was ever answered',
        )
      }
      const ledger = new FileLedger(options, files, loaded.state, unlock)
      await ledger.#startWriting(loaded.position)
      // A crash may have come between the event and the erasing.
      if (loaded.redacted.length > 0) await ledger.#erase(loaded.redacted)
      return ledger
    } catch (error) {
      unlock()
      throw error
    }
  }

  async #startWriting(position: Position): Promise<void> {
    this.#writer = await Writer.open(
      {
        files: this.#files,
        salt: this.#options.salt,
        epoch: 1,
        segmentBytes: this.#options.segmentBytes,
        onFatal: this.#options.onFatal,
        onDurable: (recorded) => this.#durable(recorded),
      },
      position,
    )
  }

  get head(): Readonly<State> {
    return this.#state
  }

  async commit<T>(
    decide: (head: Readonly<State>, now: number) => Decided<T>,
    options: CommitOptions,
  ): Promise<T> {
    while (!this.#writer.hasRoom(options.bytes, options.always)) {
      await this.#writer.makeRoom(options.bytes).catch((error: unknown) => {
        if (!this.#writer.hasRoom(options.bytes, options.always)) throw error
      })
    }
    const now = Math.max(this.#writer.groupTime(this.#options.clock.now()), this.#state.at)
    let decided: Decided<T>
    try {
      decided = decide(this.#state, now)
    } catch (error) {
      await this.settled()
      throw error
    }
    this.#record(decided.events, now)
    await this.settled()
    return decided.answer
  }

  #record(events: readonly LedgerEvent[], now: number): void {
    if (events.length === 0) return
    for (const recorded of this.#writer.take(events, now)) {
      for (const watcher of this.#watchers) watcher.before(recorded.event)
      fold(this.#state, recorded)
      for (const watcher of this.#watchers) watcher.after(recorded.event)
    }
  }

  settled(): Promise<void> {
    return this.#writer.settled()
  }

  watchHead(watcher: HeadWatcher): void {
    this.#watchers.push(watcher)
  }

  onDurable(listener: (recorded: readonly Recorded[]) => void): void {
    this.#listeners.push(listener)
  }

  #durable(recorded: readonly Recorded[]): void {
    for (const listener of this.#listeners) listener(recorded)
    const now = this.#options.clock.now()
    if (now - this.#lastForget > FORGET_EVERY) {
      const isAll = forget(this.#state, now - this.#options.retainEndedMs, now, FORGET_AT_ONCE)
      if (isAll) this.#lastForget = now
    }
    const seq = recorded.at(-1)?.seq ?? 0
    if (seq - this.#checkpointSeq >= this.#options.checkpointEvents) this.#makeCheckpoint(seq)
  }

  #makeCheckpoint(upTo: number): void {
    if (this.#closing || this.#unerased.size > 0) return
    if (this.#checkpointing !== undefined || this.#options.files !== undefined) return
    this.#checkpointSeq = upTo
    const { folder, clock, retainEndedMs, log } = this.#options
    const job = {
      ledger: folder,
      checkpoint: join(folder, 'checkpoint'),
      upTo,
      now: clock.now(),
      retainEndedMs,
    }
    this.#checkpointing = runCheckpoint(job)
    this.#checkpointing.done
      .catch((error: unknown) =>
        log.warn(
          { error: String(error) },
          'the checkpoint could not be made; the next start reads more of the ledger',
        ),
      )
      .finally(() => {
        this.#checkpointing = undefined
      })
  }

  async *history(from = 1): AsyncIterable<Recorded> {
    await this.settled()
    const upTo = this.#writer.position.seq
    let next = from
    let position = next > upTo ? undefined : await this.#startOf(from)
    while (position !== undefined) {
      const start = position
      position = undefined
      const erasures = this.#erasures
      let before = start
      for await (const group of readGroups(this.#files, start)) {
        for (const recorded of group.recorded) {
          if (recorded.seq < next) continue
          // What was read before may hold what has been erased since: it is read again from there.
          if (erasures !== this.#erasures) {
            position = before
            break
          }
          next = recorded.seq + 1
          yield this.#unerased.has(recorded.seq) ? withoutPersonalData(recorded) : recorded
        }
        if (position !== undefined) break
        before = group.after
        if (before.seq >= upTo) return
      }
    }
  }

  async #startOf(seq: number): Promise<Position> {
    let start = BEGINNING
    for (const number of await listSegments(this.#files)) {
      const position = await segmentStart(this.#files, number)
      if (position === undefined || position.seq >= seq) break
      start = position
    }
    return start
  }

  redact(events: readonly number[], by: string, rule?: RetentionRule): Promise<void> {
    const run = this.#redacting.then(() => this.#redact(events, by, rule))
    this.#redacting = run.catch(() => {})
    return run
  }

  async #redact(events: readonly number[], by: string, rule: RetentionRule | undefined): Promise<void> {
    if (events.length === 0) return
    const owners = await this.#ownersOf(new Set(events))
    this.#doubtRead(events)
    const left = new Set(events)
    try {
      for (const part of partsOf(events)) {
        const redacted = redactedOf(part, owners, by, rule)
        // The reserve is for what ends blocks, and a rule has time until tomorrow.
        const options = { bytes: 512 + 48 * part.length, always: rule === undefined }
        await this.commit(() => ({ events: [redacted], answer: undefined }), options)
        for (const seq of part) left.delete(seq)
      }
    } finally {
      for (const seq of left) this.#unerased.delete(seq)
      if (left.size < events.length) await this.#erase(events.filter((seq) => !left.has(seq)))
    }
  }

  async #ownersOf(events: ReadonlySet<number>): Promise<ReadonlyMap<number, Owners>> {
    const unseen = new Set(events)
    const owners = new Map<number, Owners>()
    const lowest = [...events].reduce((low, seq) => Math.min(low, seq))
    for await (const recorded of this.history(lowest)) {
      if (!unseen.delete(recorded.seq)) continue
      owners.set(recorded.seq, ownersOf(this.#state, recorded))
      if (unseen.size === 0) break
    }
    for (const seq of unseen) throw new Error(`the ledger has no event ${seq}`)
    return owners
  }

  #doubtRead(events: readonly number[]): void {
    for (const seq of events) this.#unerased.add(seq)
    this.#erasures += 1
  }

  async #erase(events: readonly number[]): Promise<void> {
    this.#doubtRead(events)
    await this.#checkpointing?.stop()
    await this.#writer.seal()
    const checkpoint = join(this.#options.folder, 'checkpoint')
    const hadOne = this.#options.files === undefined && existsSync(checkpoint)
    if (hadOne) await rm(checkpoint, { recursive: true, force: true })
    // Those of an earlier run that failed, too.
    const parts = { files: this.#files, clock: this.#options.clock }
    await eraseRecords(parts, this.#unerased, this.#writer.position.segment)
    this.#unerased.clear()
    this.#erasures += 1
    // The next start would have to read everything.
    if (hadOne) this.#makeCheckpoint(this.#writer.position.seq)
  }

  async close(): Promise<void> {
    await this.#redacting
    this.#closing = true
    await this.#checkpointing?.stop()
    await this.#writer.close()
    this.#unlock()
  }
}
