import { type Clock, sleep } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Recorded } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PositionFile } from './export-position.ts'
import { Lag } from './lag.ts'
import type { Receiver } from './receiver.ts'

/** The last durable events, and news of others. */
export interface DurableEvents {
  readonly last: number
  /** From this number on, or `undefined` when the ledger has to be read for them. */
  from(seq: number): readonly Recorded[] | undefined
  /** Calls `listener` after each group; the returned function ends that. */
  onNews(listener: () => void): () => void
}

export interface ExportOptions {
  readonly ledger: Pick<Ledger, 'history'>
  readonly tail: DurableEvents
  readonly encode: (recorded: Recorded) => Buffer
  readonly connect: (signal: AbortSignal) => Promise<Receiver>
  readonly position: PositionFile
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Syslog is never acknowledged. What was handed over within this time, and within more bytes than the buffers of both
 * systems hold, may be lost when a connection breaks, and is sent again.
 */
const DOUBTED = { ms: 30_000, bytes: 16 << 20 } as const

/** How long a receiver may take for what it was given when the export ends, in milliseconds. */
const LAST_WORDS = 2_000

const TICK = 1_000

/** What is handed over at once, in bytes. */
const PORTION = 64 << 10

/** Between tries, in milliseconds: the first, and the longest. */
const PAUSES = { first: 1_000, longest: 60_000 } as const

/** Behind for longer than this is an alarm, in milliseconds. */
const LATE = 60_000

/**
 * Sends every durable event to a receiver, in order and at least once, as far as syslog lets anybody know. Nothing is
 * kept for a receiver that is slow or down: what it has not taken is read from the ledger again.
 */
export class SyslogExport {
  readonly #options: ExportOptions
  readonly #stop = new AbortController()
  readonly #lag = new Lag()
  #running: Promise<void> = Promise.resolve()
  #forget = (): void => {}
  /** The last event that was handed over, and the last of which it is believed that it came through. */
  #handed = 0
  #settled = 0
  /** What was handed over lately, oldest first. */
  #doubted: { seq: number; bytes: number; readonly at: number }[] = []
  #doubtedBytes = 0
  #saved = 0
  #saving: Promise<void> | undefined
  #trouble: string | undefined

  constructor(options: ExportOptions) {
    this.#options = options
  }

  /** Begins where the last run ended. @throws Error when the position cannot be read */
  async start(): Promise<void> {
    const { position, tail, clock, log } = this.#options
    const found = (await position.read()) ?? 0
    if (found > tail.last)
      log.error(
        { position: found, last: tail.last },
        'the export was further than the ledger is, as after restoring an old copy; it goes on behind what is there',
      )
    this.#handed = this.#settled = this.#saved = Math.min(found, tail.last)
    const note = (): void => this.#lag.note(tail.last, clock.monotonic())
    if (this.#handed < tail.last) note()
    this.#forget = tail.onNews(note)
    this.#running = this.#run()
  }

  /** Events that were not yet sent. */
  get behind(): number {
    return this.#options.tail.last - this.#handed
  }

  /** What a person should see to. */
  alarm(): string | undefined {
    const waiting = this.#lag.waiting(this.#options.clock.monotonic())
    if (waiting <= LATE) return undefined
    const why = this.#trouble === undefined ? '' : `: ${this.#trouble}`
    return `the export of the audit is ${this.behind} events behind, for ${Math.round(waiting / 1_000)} s${why}`
  }

  /** Ends it; what was not sent is sent after the next start. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#forget()
    await this.#running
    await this.#saving
    await this.#save()
  }

  async #run(): Promise<void> {
    const { clock, connect, log } = this.#options
    let pause: number = PAUSES.first
    while (!this.#stop.signal.aborted) {
      const before = this.#settled
      try {
        const receiver = await connect(this.#stop.signal)
        await this.#feed(receiver)
      } catch (error) {
        if (this.#stop.signal.aborted) return
        const words = error instanceof Error ? error.message : String(error)
        if (words !== this.#trouble)
          log.warn({ error: words }, 'the export of the audit is interrupted; trying again')
        this.#trouble = words
      }
      if (this.#settled > before) pause = PAUSES.first
      await sleep(clock, pause, this.#stop.signal)
      pause = Math.min(2 * pause, PAUSES.longest)
    }
  }

  async #feed(receiver: Receiver): Promise<void> {
    const { tail, clock } = this.#options
    this.#doubted = []
    this.#doubtedBytes = 0
    // A receiver that takes nothing must not keep the controller from ending.
    let cancel = (): void => {}
    const hurry = (): void => {
      cancel = clock.after(LAST_WORDS, () => receiver.destroy())
    }
    this.#stop.signal.addEventListener('abort', hurry)
    try {
      while (!this.#stop.signal.aborted) {
        if (receiver.broken !== undefined) throw receiver.broken
        this.#settle()
        if (this.#handed < tail.last) await this.#sendOn(receiver)
        else await this.#news(receiver)
      }
      if (await receiver.end()) this.#settled = this.#handed
    } finally {
      this.#stop.signal.removeEventListener('abort', hurry)
      cancel()
      receiver.destroy()
      this.#handed = this.#settled
      if (this.#handed < tail.last) this.#lag.note(tail.last, clock.monotonic())
    }
  }

  /** Sends what there is, a portion at a time, until the receiver has all of it or the export is to end. */
  async #sendOn(receiver: Receiver): Promise<void> {
    const { ledger, tail, encode } = this.#options
    const first = this.#handed + 1
    let portion: Buffer[] = []
    let bytes = 0
    let upTo = this.#handed
    for await (const recorded of tail.from(first) ?? ledger.history(first)) {
      if (recorded.seq !== upTo + 1) throw new Error(`the ledger does not have event ${upTo + 1} any more`)
      upTo = recorded.seq
      const message = encode(recorded)
      portion.push(message)
      bytes += message.length
      if (bytes < PORTION) continue
      await this.#hand(receiver, portion, upTo)
      if (this.#stop.signal.aborted) return
      portion = []
      bytes = 0
    }
    if (portion.length > 0) await this.#hand(receiver, portion, upTo)
    if (upTo < first) throw new Error(`the ledger does not have event ${first} any more`)
  }

  async #hand(receiver: Receiver, messages: readonly Buffer[], upTo: number): Promise<void> {
    await receiver.write(Buffer.concat(messages))
    this.#handed = upTo
    this.#lag.sent(upTo)
    if (this.#trouble !== undefined) this.#options.log.info({ seq: upTo }, 'the export of the audit goes on')
    this.#trouble = undefined
    this.#doubt(
      upTo,
      messages.reduce((sum, { length }) => sum + length, 0),
    )
    this.#settle()
  }

  #doubt(seq: number, bytes: number): void {
    const now = this.#options.clock.monotonic()
    const last = this.#doubted.at(-1)
    if (last !== undefined && now - last.at < TICK && last.bytes < PORTION) {
      last.seq = seq
      last.bytes += bytes
    } else this.#doubted.push({ seq, bytes, at: now })
    this.#doubtedBytes += bytes
  }

  #settle(): void {
    const now = this.#options.clock.monotonic()
    for (let [first] = this.#doubted; first !== undefined; [first] = this.#doubted) {
      if (now - first.at < DOUBTED.ms && this.#doubtedBytes - first.bytes < DOUBTED.bytes) break
      this.#settled = first.seq
      this.#doubtedBytes -= first.bytes
      this.#doubted.shift()
    }
    if (this.#settled > this.#saved) this.#saving ??= this.#save().finally(() => (this.#saving = undefined))
  }

  async #save(): Promise<void> {
    const seq = this.#settled
    if (seq <= this.#saved) return
    try {
      await this.#options.position.write(seq)
      this.#saved = seq
    } catch (error) {
      // An older position costs nothing but events that are sent twice.
      this.#options.log.warn({ error: String(error) }, 'the position of the export could not be kept')
      this.#saved = seq
    }
  }

  /** Resolves at the next event, at the end, and now and then. */
  #news(receiver: Receiver): Promise<void> {
    const { tail, clock } = this.#options
    const { signal } = this.#stop
    return new Promise((resolve) => {
      const done = (): void => {
        for (const end of ends) end()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const ends = [clock.after(TICK, done), tail.onNews(done), receiver.onBroken(done)]
      signal.addEventListener('abort', done)
    })
  }
}
