import { existsSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import type { Clock } from '../domain/clock.ts'
import type { Holder } from '../domain/lease.ts'
import type { Logger } from '../domain/log.ts'
import {
  type BindingBook,
  BindingsUnavailable,
  type Feed,
  type WhereIs,
  type WhereNow,
  type WhoHad,
} from '../inventory/binding-book.ts'
import { startWorker } from '../worker/start-worker.ts'
import type { Ask, Asks, BookJob, Failed, Question, Reply } from './ask.ts'

export interface ThreadBookOptions {
  readonly folder: string
  /** How long bindings are kept after their end, in milliseconds. */
  readonly keep: number
  readonly clock: Clock
  readonly log: Logger
}

/** Whoever asks who had an address waits no longer, also behind a feed or a start (ms). */
const ANSWER_WITHIN = 10_000
/** A feed of a million lines takes ten seconds and more (ms). */
const TAKE_WITHIN = 300_000
/** Between two starts of a thread that ends (ms). */
const START_AGAIN_AFTER = 5_000
/** Between looks for bindings that are to be forgotten (ms). */
const FORGET_EVERY = 3_600_000

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
  readonly stop: () => void
}

/** Bindings in a thread of their own, which starts when it is needed: neither a feed nor a start keeps the controller from its work. */
export class ThreadBook implements BindingBook {
  readonly #options: ThreadBookOptions
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #startedAt = Number.NEGATIVE_INFINITY
  #why = 'it is being started'
  #next = 1
  #stopForgetting = (): void => undefined
  #closed = false

  constructor(options: ThreadBookOptions) {
    this.#options = options
  }

  at(question: WhoHad) {
    return this.#ask('at', question, [])
  }

  ofHolder(holder: Holder) {
    return this.#ask('ofHolder', holder, [])
  }

  moved(questions: readonly WhereNow[]) {
    const nobody = questions.map(() => [])
    return questions.length === 0 ? Promise.resolve(nobody) : this.#ask('moved', questions, nobody)
  }

  async whereIs(questions: readonly WhereIs[]) {
    if (questions.length === 0) return []
    const gone = questions.map(({ holder }) => ({
      holder,
      state: 'gone' as const,
      addresses: [],
      taken: false,
    }))
    return this.#ask('whereIs', questions, gone)
  }

  take(feed: Feed) {
    return this.#ask('take', { ...feed, now: this.#options.clock.now() })
  }

  size() {
    return this.#ask('size', null, 0)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopForgetting()
    await this.#worker?.terminate()
    this.#rejectAll('Cordon is being stopped')
  }

  /** @param empty the answer of a site that has never told of any, for which no thread is needed */
  #ask<A extends Ask>(ask: A, of: Asks[A]['of'], empty?: Asks[A]['answer']): Promise<Asks[A]['answer']> {
    if (empty !== undefined && this.#worker === undefined && !existsSync(this.#options.folder))
      return Promise.resolve(empty)
    const within = empty === undefined ? TAKE_WITHIN : ANSWER_WITHIN
    const worker = this.#worker ?? this.#start()
    if (worker === undefined) return Promise.reject(new BindingsUnavailable(this.#why))
    const id = this.#next
    this.#next += 1
    return new Promise((resolve, reject) => {
      const stop = this.#options.clock.after(within, () => {
        this.#waiting.delete(id)
        reject(new BindingsUnavailable(`no answer within ${within / 1_000} s`))
      })
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, stop })
      worker.postMessage({ id, ask, of } satisfies Question<A>)
    })
  }

  /** Not sooner after the last start than it may: a thread that ends at once must not be started for ever. */
  #start(): Worker | undefined {
    const { clock, folder, keep, log } = this.#options
    if (this.#closed || clock.monotonic() - this.#startedAt < START_AGAIN_AFTER) return undefined
    this.#startedAt = clock.monotonic()
    const job: BookJob = { folder, keep, now: clock.now() }
    const worker = startWorker('./worker', import.meta.url, job)
    worker.unref()
    worker.on('message', (message: Reply | Failed) => {
      if ('failed' in message) this.#why = message.failed
      else this.#answered(message)
    })
    worker.on('error', (error) => {
      this.#why = error.message
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      if (!this.#closed) log.error({ why: this.#why }, 'the thread of the bindings has ended')
      this.#rejectAll(this.#why)
    })
    this.#worker = worker
    this.#forgetLater()
    return worker
  }

  #answered(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    waiting?.stop()
    if ('error' in reply) waiting?.reject(new BindingsUnavailable(reply.error))
    else waiting?.resolve(reply.answer)
  }

  #rejectAll(why: string): void {
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { stop, reject } of all) {
      stop()
      reject(new BindingsUnavailable(why))
    }
  }

  #forgetLater(): void {
    const { clock, log } = this.#options
    this.#stopForgetting()
    this.#stopForgetting = clock.after(FORGET_EVERY, () => {
      this.#ask('forget', { now: clock.now() }).catch((error: unknown) =>
        log.error({ error: String(error) }, 'bindings that are over were not forgotten'),
      )
      this.#forgetLater()
    })
  }
}
