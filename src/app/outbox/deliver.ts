import { durationText } from '../../domain/duration.ts'
import type { Message } from '../../domain/message.ts'
import type { LedgerEvent } from '../../ledger/events.ts'
import type { Transport, Tried } from '../../notify/transport.ts'
import type { App } from '../context.ts'
import type { Standing, TryOutcome } from './standing.ts'

const SECOND = 1_000
/** The pause after a failure, which doubles with each that follows. */
const FIRST_PAUSE = 5 * SECOND
const LONGEST_PAUSE = 15 * 60 * SECOND
/** For so long a message is tried (RFC 5321 §4.5.4.1: four to five days). */
const GIVEN_UP_AFTER = 5 * 24 * 3_600 * SECOND

interface Delay {
  readonly failures: number
  readonly until: number
}

/**
 * Sends what waits in the ledger by one transport, one after the other, until each was taken on, was refused for good, or is
 * too old. A crash between the other's word and our record of it sends the message again, under the same number.
 */
export class Delivery {
  readonly #app: App
  readonly #by: string
  readonly #transport: Transport
  readonly #closing = new AbortController()
  /** Of messages whose fate could not be recorded yet, as when the disk is full: they are not sent again meanwhile. */
  readonly #unrecorded = new Map<number, LedgerEvent>()
  /** Of messages that were put off. */
  readonly #delays = new Map<number, Delay>()
  #all: Delay = { failures: 0, until: 0 }
  #words: string | undefined
  readonly #tries = new Map<TryOutcome, number>()
  #sentAt: number | undefined
  #running: Promise<void> | undefined
  #cancel = (): void => {}

  constructor(app: App, by: string, transport: Transport) {
    this.#app = app
    this.#by = by
    this.#transport = transport
  }

  /** Whether something waits and nothing comes through at present. */
  get stuck(): boolean {
    return this.#words !== undefined && this.#waiting().length > 0
  }

  get standing(): Standing {
    const sent = this.#sentAt === undefined ? {} : { sentAt: this.#sentAt }
    return { by: this.#by, stuck: this.stuck, tries: this.#tries, ...sent }
  }

  /** There may be something to send. */
  wake(): void {
    if (this.#running !== undefined || this.#closing.signal.aborted) return
    this.#running = this.#run()
      .catch((error: unknown) =>
        this.#app.log.warn({ error: String(error), by: this.#by }, 'messages could not be sent'),
      )
      .then(() => {
        this.#running = undefined
        this.#schedule()
      })
  }

  /** Waits for what is under way, and sends no more. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#cancel()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (;;) {
      const message = this.#next()
      if (message === undefined || signal.aborted) return
      const known = this.#unrecorded.get(message.id) ?? this.#givenUp(message)
      if (known === undefined) await this.#settle(message, this.#counted(await this.#try(message, signal)))
      else await this.#record(message.id, known)
    }
  }

  /** That nobody took it for so long says nothing of whether the next is taken: the pause goes on. */
  #givenUp(message: Message): LedgerEvent | undefined {
    if (this.#app.clock.now() - message.queuedAt <= GIVEN_UP_AFTER) return undefined
    const last = this.#words === undefined ? '' : `; the last try: ${this.#words}`
    const words = `not delivered within ${durationText(GIVEN_UP_AFTER)}${last}`
    return { type: 'message.dead', ...aboutOf(message), words }
  }

  async #try(message: Message, signal: AbortSignal): Promise<Tried> {
    try {
      return await this.#transport.send(message, signal)
    } catch (error) {
      // The message itself cannot be sent as it is.
      return { outcome: 'refused', words: error instanceof Error ? error.message : String(error) }
    }
  }

  #counted(tried: Tried): Tried {
    const outcome = tried.outcome === 'later' ? tried.class : tried.outcome
    this.#tries.set(outcome, (this.#tries.get(outcome) ?? 0) + 1)
    if (outcome === 'sent') this.#sentAt = this.#app.clock.now()
    return tried
  }

  async #settle(message: Message, tried: Tried): Promise<void> {
    const { id } = message
    const about = aboutOf(message)
    if (tried.outcome === 'later') {
      this.#putOff(id, tried)
      return
    }
    this.#all = { failures: 0, until: 0 }
    this.#words = undefined
    this.#delays.delete(id)
    if (tried.outcome === 'refused')
      return this.#record(id, { type: 'message.dead', ...about, words: tried.words })
    const { left, refused } = tried
    if (left.length > 0) this.#putOff(id, { words: 'some were put off', all: false })
    await this.#record(id, {
      type: 'message.sent',
      ...about,
      ...(left.length === 0 ? {} : { left }),
      ...(refused.length === 0 ? {} : { refused }),
    })
  }

  #putOff(id: number, { words, all, after = 0 }: { words: string; all: boolean; after?: number }): void {
    const before = all ? this.#all : this.#delays.get(id)
    const failures = (before?.failures ?? 0) + 1
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))
    const delay = { failures, until: this.#app.clock.now() + Math.max(pause, after) }
    if (all) {
      this.#all = delay
      this.#words = words
    } else this.#delays.set(id, delay)
  }

  async #record(id: number, event: LedgerEvent): Promise<void> {
    this.#unrecorded.set(id, event)
    const bytes = 1_024 + Buffer.byteLength(JSON.stringify(event)) * 2
    await this.#app.ledger.commit(() => ({ events: [event], answer: undefined }), { bytes, always: false })
    this.#unrecorded.delete(id)
  }

  #waiting(): Message[] {
    return [...this.#app.ledger.head.messages.values()].filter(
      ({ by, dead }) => by === this.#by && dead === undefined,
    )
  }

  #next(): Message | undefined {
    const now = this.#app.clock.now()
    if (this.#all.until > now) return undefined
    return this.#waiting().find(({ id }) => (this.#delays.get(id)?.until ?? 0) <= now)
  }

  #schedule(): void {
    this.#cancel()
    if (this.#closing.signal.aborted) return
    const waiting = this.#waiting()
    for (const id of [...this.#delays.keys()])
      if (!waiting.some((message) => message.id === id)) this.#delays.delete(id)
    if (waiting.length === 0) return
    const first = Math.min(...waiting.map(({ id }) => this.#delays.get(id)?.until ?? 0))
    const wait = Math.max(this.#all.until, first) - this.#app.clock.now()
    this.#cancel = this.#app.clock.after(Math.max(SECOND, wait), () => this.wake())
  }
}

function aboutOf({ id, blocks, request }: Message) {
  return { message: id, blocks, ...(request === undefined ? {} : { request }) }
}
