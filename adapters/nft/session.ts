import { randomInt } from 'node:crypto'
import { sleep } from '../../src/domain/clock.ts'
import type { Rule } from '../../src/domain/rule.ts'
import {
  type AdapterEnv,
  AdapterError,
  type Change,
  type Counters,
  type DeviceChange,
  type Observed,
  type Outcome,
  type Receipt,
  type Session,
} from '../adapter.ts'
import { admit } from './admission.ts'
import type { Settings } from './config.ts'
import { readCounters } from './counters.ts'
import { type Commit, Feeder } from './feeder.ts'
import { Mirror } from './mirror.ts'
import { Monitor } from './monitor.ts'
import type { Ending, Place } from './place.ts'
import { presence } from './presence.ts'
import { endingError } from './process.ts'
import { listTable, observeAll, observeSome } from './reader.ts'
import { baseCommands, elementCommand, TICK_SET } from './render.ts'
import { cleanUp, isDone, type Job, preparationFor, type Transaction, transactionFor } from './transaction.ts'
import { Watcher } from './watcher.ts'

/** What one transaction may take; a thousand elements take 40 ms. */
const COMMIT_MS = 5_000
/** How long a monitor may take to report; it reads the whole ruleset first. */
const READY_MS = 60_000
/** Until it is tried again, and twice that each time: a change of the ruleset makes it read from the beginning. */
const AGAIN_MS = 10
/** Up to this many entries a listing is cheap enough to answer every question with one. */
const SMALL = 2000
/** Longer than the kernel's report of a commit takes to get here on a busy machine. */
const SETTLE_MS = 25
/** How long several reports of one act, such as a flush of the ruleset, are taken together. */
const TOGETHER_MS = 20

const READ_BACK: Outcome = Object.freeze({ result: 'done', evidence: 'read-back' })

/** One table, with a warm nft to change it and a warm monitor that reports what the kernel made of it. */
export class NftSession implements Session {
  readonly #settings: Settings
  readonly #place: Place
  readonly #env: AdapterEnv
  readonly #watcher: Watcher
  readonly #feeder: Feeder
  #monitor: Monitor
  #renewing = false
  readonly #closing = new AbortController()
  #listener: (change: DeviceChange) => void = () => {}
  #early: DeviceChange | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #mark = randomInt(2 ** 31)
  /** The listing of `open`, for the first question. */
  #fresh: Mirror | undefined
  /** The mirror may have missed something: only a listing counts. */
  #doubt = true
  #resyncTold = false

  private constructor(settings: Settings, place: Place, env: AdapterEnv) {
    this.#settings = settings
    this.#place = place
    this.#env = env
    this.#watcher = new Watcher(
      settings.table,
      new Mirror(settings.table),
      (change) => this.#tell(change),
      () => this.#renewMonitor(),
    )
    this.#feeder = new Feeder(place, env.clock)
    this.#monitor = this.#startMonitor()
  }

  #startMonitor(): Monitor {
    return new Monitor(this.#place, {
      event: (json) => this.#watcher.event(json),
      lost: (words) => this.#lost(words),
      ended: (end) => this.#ended(end),
    })
  }

  #renewMonitor(): void {
    this.#doubt = true
    if (this.#renewing) return
    this.#renewing = true
    this.#inTurn(async () => {
      this.#renewing = false
      this.#monitor.close()
      this.#monitor = this.#startMonitor()
      await this.#ready()
      await this.#list([])
    }).catch((error: unknown) => {
      // What comes next finds the same trouble and has somebody to tell it to.
      this.#env.log.debug({ device: this.#env.device, words: String(error) }, 'monitor not renewed')
    })
  }

  /** Until the monitor reports: it would miss what is committed before that. @throws AdapterError */
  async #ready(): Promise<void> {
    if (await this.#monitor.ready(this.#env.clock)) return
    const { table, line } = presence()
    const reported = this.#watcher.marked(table)
    const limit = { ms: READY_MS, signals: [this.#closing.signal], again: AGAIN_MS }
    const commit = await this.#feeder.send([line], reported, limit)
    this.#watcher.forget(table)
    if (commit === 'committed') return
    if (commit !== 'unconfirmed') throw commit
    if (this.#early?.type === 'down') throw new AdapterError(this.#early.class, this.#early.words)
    throw new AdapterError('timeout', 'nft monitor reports nothing')
  }

  /** The place goes with the session. @throws AdapterError when nothing can be changed or read there */
  static async open(settings: Settings, place: Place, env: AdapterEnv): Promise<NftSession> {
    const session = new NftSession(settings, place, env)
    try {
      await session.#ready()
      session.#fresh = await session.#list([])
      if (session.#early?.type === 'down') {
        throw new AdapterError(session.#early.class, session.#early.words)
      }
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    return this.#inTurn(async () => {
      const listing = await this.#listingFor(what, signal)
      return what === 'all' ? observeAll(listing) : observeSome(listing, what)
    })
  }

  async #listingFor(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Mirror> {
    const fresh = this.#fresh
    this.#fresh = undefined
    const { mirror } = this.#watcher
    if (!this.#doubt && fresh === mirror) return fresh
    if (what !== 'all' && !this.#doubt && mirror.size > SMALL) {
      await sleep(this.#env.clock, SETTLE_MS, signal)
      return mirror
    }
    return this.#list([signal])
  }

  async counters(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Counters> {
    const limits = { clock: this.#env.clock, signals: [signal, this.#closing.signal] }
    return readCounters(this.#place, this.#watcher.mirror, what, limits)
  }

  apply(change: Change, signal: AbortSignal): Promise<Receipt> {
    return this.#inTurn(async () => {
      const { jobs, refused } = admit(this.#settings, this.#watcher.mirror, change)
      const outcomes = new Map<string, Outcome>(refused)
      await this.#commit(jobs, signal, outcomes)
      await this.#cleanUp(jobs, signal)
      return outcomes
    })
  }

  /** Puts jobs into effect in one transaction, prepared by another where needed; finds what nft refuses by halves. */
  async #commit(jobs: readonly Job[], signal: AbortSignal, outcomes: Map<string, Outcome>): Promise<void> {
    if (jobs.length === 0) return
    const { table } = this.#settings
    const prepared = await this.#send(preparationFor(table, this.#watcher.mirror, jobs), signal)
    if (prepared === 'committed' && this.#doubt) await this.#listAgain(signal)
    const commit =
      prepared === 'committed'
        ? await this.#send(transactionFor(table, this.#watcher.mirror, jobs), signal)
        : prepared
    if (commit instanceof AdapterError) return this.#refused(commit, jobs, signal, outcomes)
    const words = commit === 'unconfirmed' ? await this.#listAgain(signal) : undefined
    for (const job of jobs) {
      const done = words === undefined && isDone(this.#watcher.mirror, job)
      outcomes.set(
        job.rule.key,
        done ? READ_BACK : { result: 'unknown', words: words ?? 'not found in the table' },
      )
    }
  }

  async #refused(
    error: AdapterError,
    jobs: readonly Job[],
    signal: AbortSignal,
    outcomes: Map<string, Outcome>,
  ): Promise<void> {
    const everyone = error.class === 'auth' || error.class === 'unreachable'
    if (jobs.length > 1 && !everyone && !signal.aborted) {
      const half = jobs.length >> 1
      await this.#commit(jobs.slice(0, half), signal, outcomes)
      return this.#commit(jobs.slice(half), signal, outcomes)
    }
    for (const { rule } of jobs) {
      outcomes.set(rule.key, { result: 'failed', class: error.class, words: error.message })
    }
  }

  async #send({ commands, own }: Transaction, signal: AbortSignal): Promise<Commit> {
    if (commands.length === 0) return 'committed'
    if (signal.aborted || this.#closing.signal.aborted) return 'unconfirmed'
    const { table } = this.#settings
    const mark = this.#nextMark()
    this.#watcher.own = own
    this.#fresh = undefined
    const commit = await this.#feeder.send(
      [
        ...baseCommands(table),
        ...commands,
        elementCommand('add', table, TICK_SET, [String(mark)]),
        elementCommand('delete', table, TICK_SET, [String(mark)]),
      ],
      this.#watcher.marked(mark),
      { ms: COMMIT_MS, signals: [signal, this.#closing.signal] },
    )
    this.#watcher.forget(mark)
    this.#watcher.own = new Set()
    if (commit === 'unconfirmed') this.#doubt = true
    return commit
  }

  #nextMark(): number {
    this.#mark = (this.#mark + 1) % 2 ** 32
    return this.#mark
  }

  /** Words why nothing is known, when the table cannot be listed either. */
  async #listAgain(signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted || this.#closing.signal.aborted)
      return 'given up before the kernel reported the change'
    try {
      await this.#list([signal])
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  async #cleanUp(jobs: readonly Job[], signal: AbortSignal): Promise<void> {
    if (this.#doubt) return
    const transaction = cleanUp(this.#settings.table, this.#watcher.mirror, jobs)
    const commit = await this.#send(transaction, signal)
    if (commit instanceof AdapterError) {
      this.#env.log.debug({ device: this.#env.device, words: commit.message }, 'empty sets stay')
    }
  }

  /** Lists the table and goes on from there. */
  async #list(signals: readonly AbortSignal[]): Promise<Mirror> {
    this.#watcher.hold()
    let next = this.#watcher.mirror
    try {
      const { clock } = this.#env
      next = await listTable(this.#place, this.#settings.table, clock, [...signals, this.#closing.signal])
      this.#doubt = false
      return next
    } finally {
      this.#watcher.resume(next)
    }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => {
      if (this.#closing.signal.aborted) throw new AdapterError('unreachable', 'the session is closed')
      return run()
    })
    this.#queue = turn.catch(() => {})
    return turn
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#listener = listener
    if (this.#early !== undefined) listener(this.#early)
    this.#early = undefined
  }

  #tell(change: DeviceChange): void {
    if (this.#closing.signal.aborted) return
    if (change.type === 'down') this.#early = change
    if (change.type !== 'resync') this.#listener(change)
    if (change.type !== 'resync' || this.#resyncTold) return
    this.#resyncTold = true
    this.#env.clock.after(TOGETHER_MS, () => {
      this.#resyncTold = false
      if (!this.#closing.signal.aborted) this.#listener(change)
    })
  }

  #lost(words: string): void {
    this.#doubt = true
    this.#tell({ type: 'resync', words: `reports of the kernel were lost: ${words}` })
  }

  #ended(end: Ending): void {
    this.#doubt = true
    const error = end.lost === undefined && end.words === '' ? undefined : endingError(end)
    this.#tell({
      type: 'down',
      class: error === undefined || error.class === 'rejected' ? 'unreachable' : error.class,
      words: end.lost?.message ?? `nft monitor has ended${end.words === '' ? '' : `: ${end.words}`}`,
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#queue
    await this.#feeder.close()
    this.#monitor.close()
    await this.#place.close()
  }
}
