import {
  type Adapter,
  type AdapterEnv,
  AdapterError,
  type Capabilities,
  type Change,
  type Counters,
  type DeviceChange,
  type Observed,
  type Session,
} from '../../adapters/adapter.ts'
import { type Clock, sleep } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Rule } from '../domain/rule.ts'
import type { Limits } from '../guards/limits.ts'
import { refusePlan } from '../guards/plan.ts'
import type { Device } from '../inventory/inventory.ts'
import { Bell } from './bell.ts'
import { backOff, closeSession, openSession } from './connect.ts'
import { callDeadline, withDeadline } from './deadline.ts'
import { type DeviceStatus, StatusBoard } from './device-status.ts'
import type { DeviceTable } from './device-table.ts'
import type { EnforcerWatch } from './enforcer-watch.ts'
import { throughSteps } from './in-steps.ts'
import { asAdapterError } from './outcomes.ts'
import { type Reading, Readings } from './readings.ts'
import { Retries } from './retries.ts'

export interface RunnerOptions {
  readonly device: Device
  readonly adapter: Adapter
  readonly env: AdapterEnv
  readonly table: DeviceTable
  readonly watch: EnforcerWatch
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly limits: Limits
  /** Whether a person holds the device at this time. */
  readonly held: () => boolean
  /** Of keys that the device holds and nobody wants, those that no event explains. */
  readonly unexplained: (keys: readonly string[]) => readonly string[]
}

/** How long somebody who wants it read waits for its turn, in milliseconds. */
const TURN_DEADLINE = 30_000
const ROUNDS_IN_A_TURN = 50
/** A rule in a reading of the whole device takes this part of the time that one takes by itself. */
const WHOLE_READING = 0.1
/** Rules of unknown outcome that are read at once. */
const READ_BATCH = 200

/** Keeps one device in line with its table. Nothing here waits for another device. */
export class DeviceRunner {
  readonly #options: RunnerOptions
  readonly #capabilities: Capabilities
  readonly #bell = new Bell()
  readonly #stop = new AbortController()
  readonly #retries: Retries
  readonly #readings: Readings
  /** Ends with the session: what it has under way must not be heard of in the next one. */
  #scope = new AbortController()
  readonly #board: StatusBoard
  #mustReadAll = true
  #agreed = false
  #withheldWhy: string | undefined
  #down: AdapterError | undefined
  #underWay = 0
  #session: Session | undefined
  #running: Promise<void> | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#capabilities = options.device.capabilities
    this.#board = new StatusBoard(options.clock)
    this.#readings = new Readings(options.clock)
    this.#retries = new Retries(options.clock, options.random, () => {
      options.table.retry('all')
      this.#bell.ring()
    })
  }

  get status(): DeviceStatus {
    return this.#board.status
  }

  /** Conditions such as `peer-down` with the device's words. */
  get conditions(): ReadonlyMap<string, string> {
    return this.#board.conditions
  }

  /** Why a part of the plan waits for a person. */
  get withheldWhy(): string | undefined {
    return this.#withheldWhy
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Something may be to do. */
  wake(): void {
    this.#bell.ring()
  }

  /** Reads the whole device again; `agreed`, a person has seen what no event explains and lets it happen. */
  readAgain(agreed: boolean): void {
    this.#agreed ||= agreed
    this.#mustReadAll = true
    this.#bell.ring()
  }

  /**
   * Reads the whole device in its turn, between changes, and does nothing about what is found.
   * @throws AdapterError when it cannot be read
   */
  read(): Promise<Reading> {
    const reading = this.#readings.ask(TURN_DEADLINE, this.#board.trouble)
    this.#bell.ring()
    return reading
  }

  /** Reads counters beside everything else. @throws AdapterError, Error when it takes too long */
  async counters(what: 'all' | readonly Rule[]): Promise<Counters> {
    const read = this.#session?.counters?.bind(this.#session)
    if (read === undefined)
      throw this.#board.trouble ?? new AdapterError('unreachable', 'it is not connected')
    const rules = what === 'all' ? this.#capabilities.maxEntries * WHOLE_READING : what.length
    return this.#call('reading its counters', rules, (signal) => read(what, signal))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#scope.abort()
    this.#bell.ring()
    await this.#running
    this.#board.set('stopped')
    this.#readings.fail(new AdapterError('unreachable', 'the controller stops'))
  }

  async #run(): Promise<void> {
    let failures = 0
    this.#retries.start()
    while (!this.#stop.signal.aborted) {
      const session = await this.#connect()
      if (session === undefined) {
        failures += 1
        await backOff(this.#options, failures, this.#stop.signal)
        continue
      }
      const worked = await this.#work(session)
      failures = worked ? 1 : failures + 1
      await closeSession(session, this.#options.clock, this.#options.log)
      if (!this.#stop.signal.aborted) await backOff(this.#options, failures, this.#stop.signal)
    }
    this.#retries.stop()
  }

  async #connect(): Promise<Session | undefined> {
    const { adapter, device, env, clock } = this.#options
    if (this.#board.status.state !== 'unreachable') this.#board.set('connecting')
    try {
      const session = await openSession(adapter, device.config, env, clock, this.#stop.signal)
      this.#down = undefined
      this.#board.clearConditions()
      const scope = new AbortController()
      this.#scope = scope
      this.#session = session
      session.onChange?.((change) => {
        if (!scope.signal.aborted) this.#changed(change)
      })
      return session
    } catch (error) {
      this.#unreachable(error)
      return undefined
    }
  }

  /** The loop: read what is not known, tell what is wanted, wait. Returns whether the device could be read at all. */
  async #work(session: Session): Promise<boolean> {
    let worked = false
    this.#mustReadAll = true
    try {
      for (let round = 1; this.#down === undefined && !this.#stop.signal.aborted; round += 1) {
        // A session that answers without waiting for anything would never let a timer or a deadline fire.
        if (round % ROUNDS_IN_A_TURN === 0) await sleep(this.#options.clock, 0)
        if (this.#mustReadAll) await this.#readAll(session)
        else await this.#readUnsettled(session)
        worked = true
        this.#board.set('ready')
        await this.#readings.serve(
          () => this.#drain(),
          () => this.#observeAll(session),
        )
        if (!this.#options.held()) await this.#fillPipe(session)
        if (!this.#mustReadAll) await this.#bell.wait()
      }
    } catch (error) {
      this.#unreachable(error)
    }
    if (this.#down !== undefined) this.#unreachable(this.#down)
    this.#scope.abort()
    this.#session = undefined
    this.#options.table.loseSession('the session ended before the device answered')
    return worked
  }

  async #readAll(session: Session): Promise<void> {
    const { table, watch } = this.#options
    await this.#drain()
    this.#mustReadAll = false
    this.#board.set('reading')
    const observed = await this.#observeAll(session)
    // In turns: a hundred thousand entries at once would keep commands waiting.
    const unwanted = await throughSteps(this.#options.clock, table.observeAll(observed))
    this.#guardPlan(unwanted, observed.rules.length)
    watch.expectAll(table)
  }

  /** Nothing may be under way meanwhile, so that what is read is what was told. */
  #observeAll(session: Session): Promise<Observed> {
    if (this.#down !== undefined) return Promise.reject(this.#down)
    const rules = this.#capabilities.maxEntries * WHOLE_READING
    return this.#call('reading the device', rules, (signal) => session.observe('all', signal))
  }

  #guardPlan(unwanted: readonly string[], held: number): void {
    const { unexplained, limits, table, log } = this.#options
    const keys = unexplained(unwanted)
    const why = this.#agreed
      ? undefined
      : refusePlan(
          { unexplainedPuts: 0, unexplainedRemovals: keys.length, held },
          limits,
          this.#capabilities.marks,
        )
    this.#agreed = false
    this.#withheldWhy = why
    if (why === undefined) return
    table.withhold(keys)
    log.warn({ count: keys.length, held }, 'removals that no event explains wait for a person')
  }

  async #readUnsettled(session: Session): Promise<void> {
    const { table, watch } = this.#options
    for (let rules = table.unsettled(READ_BATCH); rules.length > 0; rules = table.unsettled(READ_BATCH)) {
      const asked = rules
      const observed = await this.#call('reading rules', asked.length, (signal) =>
        session.observe(asked, signal),
      )
      table.observeSome(asked, observed)
      watch.expectRead(asked, table)
    }
  }

  /** Keeps as many calls under way as the device takes; the first that fails ends the session. */
  async #fillPipe(session: Session): Promise<void> {
    const { table } = this.#options
    while (this.#underWay < this.#capabilities.inFlight && this.#down === undefined) {
      const change = table.nextBatch()
      if (change === undefined) {
        if (this.#underWay === 0 && session.settled !== undefined)
          await this.#call('settling', 0, async () => session.settled?.())
        return
      }
      void this.#tell(session, change)
    }
  }

  async #tell(session: Session, change: Change): Promise<void> {
    const { table, watch, log } = this.#options
    this.#underWay += 1
    try {
      const receipt = await this.#call('a change', change.put.length + change.remove.length, (signal) =>
        session.apply(change, signal),
      )
      table.settle(change, receipt)
      watch.expect(change, receipt)
      const outcomes = [...change.put, ...change.remove].map(({ key }) => receipt.get(key))
      this.#retries.after(outcomes, table.parked)
    } catch (error) {
      table.settle(change, new Map())
      this.#down ??= asAdapterError(error)
      log.warn({ error: this.#down.message }, 'the device did not take a change; its state is read again')
    } finally {
      this.#underWay -= 1
      this.#bell.ring()
    }
  }

  async #drain(): Promise<void> {
    while (this.#underWay > 0 && this.#down === undefined) await this.#bell.wait()
  }

  #call<T>(what: string, rules: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ms = callDeadline(this.#capabilities, rules)
    return withDeadline(this.#options.clock, what, ms, this.#scope.signal, call)
  }

  #changed(change: DeviceChange): void {
    switch (change.type) {
      case 'down':
        this.#down ??= new AdapterError(change.class, change.words)
        break
      case 'resync':
        this.#mustReadAll = true
        break
      case 'status':
        this.#board.note(change)
        break
      case 'seen':
        this.#options.table.sighted(change.key, change.present, change.evidence)
        break
    }
    this.#bell.ring()
  }

  #unreachable(error: unknown): void {
    if (this.#stop.signal.aborted) return
    const why = asAdapterError(error)
    this.#readings.fail(why)
    if (!this.#board.unreachable(why)) return
    const { class: errorClass, code, message } = why
    this.#options.log.warn({ class: errorClass, code, words: message }, 'the device cannot be reached')
  }
}
