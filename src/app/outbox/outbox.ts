import type { Hearing } from '../../domain/hearing.ts'
import type { LedgerEvent } from '../../ledger/events.ts'
import type { Transport } from '../../notify/transport.ts'
import type { App } from '../context.ts'
import { Delivery } from './deliver.ts'
import { gather, type Portion } from './gather.ts'
import { Noting } from './note.ts'
import { destinationOf } from './receivers.ts'
import type { Standing } from './standing.ts'
import type { Writer, Written } from './write.ts'

export interface OutboxOptions {
  readonly hearing: Hearing
  readonly writer: Writer
  /** By `mail` and `webhook:NAME`. */
  readonly transports: ReadonlyMap<string, Transport>
}

/** What tells people and webhooks of what is recorded, while it runs. */
export interface RunningOutbox {
  /** How each way out stands at present. */
  standings(): readonly Standing[]
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>
}

/** Messages that are written down in one commit. */
const MOST_AT_ONCE = 50

/**
 * Starts telling: what happened is noted for its receivers, written down as messages, and sent. Each step is in the ledger
 * before the next begins, so that a crash loses none and repeats none; only what was handed over when nobody had said so
 * yet is handed over again, under the same name.
 */
export function startOutbox(app: App, options: OutboxOptions): RunningOutbox {
  return new Outbox(app, options)
}

class Outbox implements RunningOutbox {
  readonly #app: App
  readonly #options: OutboxOptions
  readonly #noting: Noting
  readonly #deliveries: ReadonlyMap<string, Delivery>
  /** Since when the first notice of each receiver waits. */
  readonly #since = new Map<string, number>()
  #turn: Promise<void> = Promise.resolve()
  #asked = false
  #closed = false
  #cancel = (): void => {}

  constructor(app: App, options: OutboxOptions) {
    this.#app = app
    this.#options = options
    this.#noting = new Noting(app, options.hearing, () => this.#write())
    this.#deliveries = new Map(
      [...options.transports].map(([by, transport]) => [by, new Delivery(app, by, transport)]),
    )
    // A person may have let a message be tried again.
    app.ledger.onDurable((recorded) => {
      if (recorded.some(({ event }) => event.type === 'message.again')) this.#wake()
    })
    this.#noting.start()
    this.#write()
    this.#wake()
  }

  standings(): readonly Standing[] {
    return [...this.#deliveries.values()].map((delivery) => delivery.standing)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#noting.close()
    await this.#turn
    await Promise.all([...this.#deliveries.values()].map((delivery) => delivery.close()))
  }

  #wake(): void {
    for (const delivery of this.#deliveries.values()) delivery.wake()
  }

  #write(): void {
    if (this.#asked || this.#closed) return
    this.#asked = true
    this.#turn = this.#turn
      .then(() => this.#writeDue())
      .catch((error: unknown) => {
        this.#app.log.warn({ error: String(error) }, 'what is to be told could not be written yet')
        this.#later(this.#app.clock.now() + this.#options.hearing.every)
      })
  }

  async #writeDue(): Promise<void> {
    this.#asked = false
    const { ledger, clock } = this.#app
    const now = clock.now()
    for (const to of ledger.head.pending.keys()) if (!this.#since.has(to)) this.#since.set(to, now)
    for (const to of this.#since.keys()) if (!ledger.head.pending.has(to)) this.#since.delete(to)
    const { every } = this.#options.hearing
    const { portions, next } = gather(
      ledger.head,
      { since: this.#since, isCutOff: (to) => this.#isCutOff(to), every },
      now,
    )
    for (let at = 0; at < portions.length && !this.#closed; at += MOST_AT_ONCE)
      await this.#record(portions.slice(at, at + MOST_AT_ONCE))
    if (portions.length > 0) this.#wake()
    if (next !== undefined) this.#later(next)
  }

  /** People are not to find a mail for each minute of the time that no mail went out; machines do not mind. */
  #isCutOff(to: string): boolean {
    const destination = destinationOf(this.#app.inventory, this.#options.hearing, to)
    return 'by' in destination && destination.by === 'mail' && this.#deliveries.get('mail')?.stuck === true
  }

  #later(at: number): void {
    this.#cancel()
    if (this.#closed) return
    this.#cancel = this.#app.clock.after(Math.max(0, at - this.#app.clock.now()), () => this.#write())
  }

  async #record(portions: readonly Portion[]): Promise<void> {
    const written: { readonly portion: Portion; readonly written: Written }[] = []
    for (const portion of portions)
      written.push({ portion, written: await this.#options.writer.write(this.#app, portion) })
    const bytes = written.reduce((sum, one) => sum + bytesOf(one), 1_024)
    await this.#app.ledger.commit(
      (head) => {
        const events = written.flatMap((one, index) => eventsOf(head.nextMessage + index, one))
        return { events, answer: undefined }
      },
      { bytes, always: false },
    )
    for (const { portion } of written) if (portion.request === undefined) this.#since.delete(portion.to)
  }
}

function bytesOf({ portion, written }: { readonly portion: Portion; readonly written: Written }): number {
  return 2_048 + 2 * Buffer.byteLength(JSON.stringify(written)) + 16 * portion.notices.length
}

function eventsOf(
  message: number,
  { portion, written }: { readonly portion: Portion; readonly written: Written },
): LedgerEvent[] {
  const { to, notices, request } = portion
  const blocks = [...new Set(notices.flatMap(({ block }) => block ?? []))]
  const about = { blocks, ...(request === undefined ? {} : { request }) }
  const queued: LedgerEvent = {
    type: 'message.queued',
    ...{ message, to, by: 'nobody' in written ? 'mail' : written.by },
    ...{ upTo: notices.at(-1)?.seq ?? 0, notices: notices.length },
    ...about,
    ...('letter' in written ? { letter: written.letter } : {}),
    ...('body' in written ? { body: written.body } : {}),
  }
  if (!('nobody' in written)) return [queued]
  return [queued, { type: 'message.dead', message, ...about, words: written.nobody }]
}
