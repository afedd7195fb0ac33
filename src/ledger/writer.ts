import type { LedgerEvent, Recorded } from './events.ts'
import type { Files } from './files.ts'
import { LedgerFull } from './ledger.ts'
import { chainLine, type EncodedEvent, encodeEvent, type Salt, sideLine } from './line.ts'
import type { Position } from './reader.ts'
import { closeSegment, openSegment } from './segment.ts'
import { hasRoom, type OpenSegment, RESERVE, runsLow, secureSegment, takeSegment } from './space.ts'

export interface WriterOptions {
  readonly files: Files
  readonly salt: Salt
  readonly epoch: number
  /** A segment that has grown past this many bytes is followed by the next. */
  readonly segmentBytes: number
  /** Called once when a write has failed: what is in memory is not on disk, so the process must end. */
  readonly onFatal: (error: unknown) => void
  readonly onDurable: (recorded: readonly Recorded[], position: Position) => void
}

/** Bytes of a line around its events, at the most. */
const LINE_OVERHEAD = 512

/** Events that will share one line. */
class Group {
  readonly at: number
  readonly recorded: Recorded[] = []
  readonly encoded: EncodedEvent[] = []
  bytes = 0
  readonly durable: Promise<void>
  markDurable: () => void = () => {}

  constructor(at: number) {
    this.at = at
    this.durable = new Promise((resolve) => {
      this.markDurable = resolve
    })
  }

  add(events: readonly LedgerEvent[], firstSeq: number, salt: Salt): Recorded[] {
    const added = events.map((event, index) => ({
      seq: firstSeq + index,
      at: this.at,
      event,
      redacted: false,
    }))
    this.recorded.push(...added)
    for (const event of events) {
      const encoded = encodeEvent(event, salt)
      this.encoded.push(encoded)
      this.bytes +=
        2 +
        Math.max(
          Buffer.byteLength(encoded.clear),
          encoded.side === undefined ? 4 : Buffer.byteLength(encoded.side),
        )
    }
    return added
  }
}

/** Writes groups of events, one line a group, each durable before the next begins. */
export class Writer {
  readonly #options: WriterOptions
  #segment: OpenSegment
  #next: OpenSegment | undefined
  #position: Position
  #lastSeq: number
  #pending: Group | undefined
  #inFlight: Group | undefined
  #writing: Promise<void> | undefined
  #sealing: { resolve: () => void; reject: (error: unknown) => void } | undefined
  #securing: Promise<void> | undefined

  private constructor(options: WriterOptions, segment: OpenSegment, position: Position) {
    this.#options = options
    this.#segment = segment
    this.#position = position
    this.#lastSeq = position.seq
  }

  static async open(options: WriterOptions, position: Position): Promise<Writer> {
    const segment = await takeSegment(
      await openSegment(options.files, position.segment),
      position.chain,
      position.side,
    )
    const writer = new Writer(options, segment, position)
    // A full disk is no reason not to start: what was secured earlier still records releases.
    await writer.#secureMore().catch(() => {})
    return writer
  }

  /** Behind the last durable group. */
  get position(): Position {
    return this.#position
  }

  /** Whether `bytes` more can be taken right now. */
  hasRoom(bytes: number, always: boolean): boolean {
    return hasRoom(this.#segment, bytes + LINE_OVERHEAD + this.#untaken(), always)
  }

  #untaken(): number {
    return (this.#pending?.bytes ?? 0) + (this.#inFlight?.bytes ?? 0) + LINE_OVERHEAD
  }

  /** Waits for room for `bytes` more; it must be asked for again, since others wait too. @throws LedgerFull */
  async makeRoom(bytes: number): Promise<void> {
    try {
      await this.#secureMore(bytes + this.#untaken() + RESERVE + LINE_OVERHEAD)
    } catch (error) {
      throw new LedgerFull(error)
    }
  }

  /** The time of the group that takes the next events: a group has one. */
  groupTime(now: number): number {
    return this.#pending?.at ?? now
  }

  /** Takes events into the group that is written next. Room for them must be there. */
  take(events: readonly LedgerEvent[], at: number): Recorded[] {
    this.#pending ??= new Group(at)
    const recorded = this.#pending.add(events, this.#lastSeq + 1, this.#options.salt)
    this.#lastSeq += events.length
    this.#write()
    return recorded
  }

  /** Resolves when everything taken so far is durable. */
  settled(): Promise<void> {
    return (this.#pending ?? this.#inFlight)?.durable ?? Promise.resolve()
  }

  /** Ends the current segment; resolves when its files are not written to any more. Rejects when the disk is full. */
  seal(): Promise<void> {
    if (this.#isUntouched()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#sealing = { resolve, reject }
      this.#write()
    })
  }

  #isUntouched(): boolean {
    return this.#written() === 0 && this.#pending === undefined && this.#inFlight === undefined
  }

  async close(): Promise<void> {
    await this.settled()
    await this.#writing
    await this.#securing?.catch(() => {})
    const files = [this.#segment, ...(this.#next === undefined ? [] : [this.#next])].flatMap(
      ({ chain, side }) => [chain.file, side.file],
    )
    await Promise.all(files.map((file) => file.close()))
  }

  #write(): void {
    // After a failure nobody is answered any more: what is in memory and not on disk must not be seen.
    this.#writing ??= this.#writeGroups().catch((error: unknown) => this.#options.onFatal(error))
  }

  async #writeGroups(): Promise<void> {
    // Requests that have arrived already share the first group: each group costs a write that is waited for.
    await new Promise((resolve) => setImmediate(resolve))
    for (;;) {
      if (this.#sealing !== undefined) {
        const { resolve, reject } = this.#sealing
        this.#sealing = undefined
        await this.#rotate().then(resolve, reject)
      }
      const group = this.#pending
      if (group === undefined) {
        this.#writing = undefined
        return
      }
      this.#pending = undefined
      this.#inFlight = group
      await this.#writeGroup(group)
      this.#inFlight = undefined
      this.#options.onDurable(group.recorded, this.#position)
      group.markDurable()
      if (runsLow(this.#segment) || this.#wantsNext()) this.#secureMore().catch(() => {})
    }
  }

  async #writeGroup(group: Group): Promise<void> {
    if (this.#next !== undefined && this.#written() > this.#options.segmentBytes) {
      // Without space for the next segment this one goes on.
      await this.#rotate().catch(() => {})
    }
    const { chain, side } = this.#segment
    const seq = this.#position.seq + 1
    const line = chainLine(seq, group.at, this.#options.epoch, this.#position.hash, group.encoded)
    const sideText = sideLine(seq, group.encoded)
    const chainBytes = Buffer.from(line.text)
    const sideBytes = Buffer.from(sideText ?? '')
    await Promise.all([
      chain.file.write(chainBytes, chain.position),
      sideText === undefined ? undefined : side.file.write(sideBytes, side.position),
    ])
    chain.position += chainBytes.length
    side.position += sideBytes.length
    this.#position = {
      segment: this.#segment.number,
      chain: chain.position,
      side: side.position,
      seq: seq + group.recorded.length - 1,
      hash: line.hash,
    }
  }

  #written(): number {
    return this.#segment.chain.position + this.#segment.side.position
  }

  #wantsNext(): boolean {
    return this.#next === undefined && this.#written() > this.#options.segmentBytes / 2
  }

  /** One run at a time; rejects when the disk is full. */
  #secureMore(least = 0): Promise<void> {
    this.#securing ??= this.#secure(least).finally(() => {
      this.#securing = undefined
    })
    return this.#securing
  }

  async #secure(least: number): Promise<void> {
    await secureSegment(this.#segment, least)
    if (this.#wantsNext()) this.#next = await this.#prepareNext()
  }

  async #prepareNext(): Promise<OpenSegment> {
    const opened = await openSegment(this.#options.files, this.#segment.number + 1)
    try {
      const next = await takeSegment(opened, 0, 0)
      await secureSegment(next)
      return next
    } catch (error) {
      await closeSegment(opened)
      throw error
    }
  }

  /** Alone, because securing meanwhile would write to the segment that is sealed, or open the next one twice. */
  async #rotate(): Promise<void> {
    while (this.#securing !== undefined) await this.#securing.catch(() => {})
    this.#securing = this.#switch().finally(() => {
      this.#securing = undefined
    })
    return this.#securing
  }

  async #switch(): Promise<void> {
    const next = this.#next ?? (await this.#prepareNext())
    this.#next = next
    while (!hasRoom(next, this.#untaken(), false)) await secureSegment(next, this.#untaken() + RESERVE)
    const old = this.#segment
    this.#segment = next
    this.#next = undefined
    this.#position = { ...this.#position, segment: next.number, chain: 0, side: 0 }
    await Promise.all([old.chain.seal(), old.side.seal()])
    await Promise.all([old.chain.file.close(), old.side.file.close()])
  }
}
