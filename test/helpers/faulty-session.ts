import {
  type AdapterEnv,
  AdapterError,
  type Change,
  type DeviceChange,
  type Observed,
  type Outcome,
  type Receipt,
  type Session,
} from '../../adapters/adapter.ts'
import { sleep } from '../../src/domain/clock.ts'
import type { Rule } from '../../src/domain/rule.ts'
import type { Faults } from './faults.ts'
import { chance, type Random } from './random.ts'

type Fate = 'done' | 'appliedUnknown' | 'lostUnknown' | 'refuses' | 'full'

const NEVER = new AbortController().signal
const UNKNOWN: Outcome = { result: 'unknown', words: 'the answer was lost' }

/** A session whose changes meet their fate one rule at a time, in the order they were sent. */
export class FaultySession implements Session {
  readonly device: string
  readonly #inner: Session
  readonly #env: AdapterEnv
  readonly #random: Random
  readonly #faults: () => Faults
  readonly #end = new AbortController()
  #listener: ((change: DeviceChange) => void) | undefined
  #whenClosed: () => void = () => {}
  #order: Promise<unknown> = Promise.resolve()

  constructor(inner: Session, env: AdapterEnv, random: Random, faults: () => Faults) {
    this.device = env.device
    this.#inner = inner
    this.#env = env
    this.#random = random
    this.#faults = faults
    inner.onChange?.((change) => {
      if (change.type === 'down') this.#end.abort()
      this.#listener?.(change)
    })
  }

  async observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    return this.#inTurn(async () => {
      await this.#delay(signal)
      this.#assertGoingOn(signal)
      return this.#inner.observe(what, signal)
    }, signal)
  }

  async apply(change: Change, signal: AbortSignal): Promise<Receipt> {
    return this.#inTurn(async () => {
      await this.#delay(NEVER)
      const receipt = await this.#landAll(change)
      await this.#delay(signal)
      return receipt
    }, signal)
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#listener = listener
  }

  async close(): Promise<void> {
    this.#listener = undefined
    this.#end.abort()
    this.#whenClosed()
    await this.#inner.close()
  }

  whenClosed(run: () => void): void {
    this.#whenClosed = run
  }

  tell(words: string): void {
    this.#listener?.({ type: 'resync', words })
  }

  /** A transport keeps the order of what it carries, and a caller who gives up does not call it back. */
  async #inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const turn = this.#order.then(work)
    this.#order = turn.catch(() => {})
    return orGivenUp(turn, [signal, this.#end.signal])
  }

  async #landAll(change: Change): Promise<Receipt> {
    const outcomes = new Map<string, Outcome>()
    const steps = [
      ...change.remove.map((rule) => ({ put: [], remove: [rule], rule })),
      ...change.put.map((rule) => ({ put: [rule], remove: [], rule })),
    ]
    for (const step of steps) {
      if (chance(this.#random, this.#faults().drops ?? 0)) this.#drop()
      this.#assertGoingOn(NEVER)
      outcomes.set(step.rule.key, await this.#land(step, step.rule))
    }
    return outcomes
  }

  async #land(step: Change, rule: Rule): Promise<Outcome> {
    const fate = this.#fateOf(step)
    if (fate === 'refuses') return { result: 'failed', class: 'rejected', words: 'not today' }
    if (fate === 'full') return { result: 'failed', class: 'capacity', words: 'the table is full' }
    if (fate === 'lostUnknown') return UNKNOWN
    const receipt = await this.#inner.apply(step, NEVER)
    return fate === 'appliedUnknown' ? UNKNOWN : (receipt.get(rule.key) ?? UNKNOWN)
  }

  #fateOf(step: Change): Fate {
    const faults = this.#faults()
    for (const fate of ['appliedUnknown', 'lostUnknown', 'refuses'] as const) {
      if (chance(this.#random, faults[fate] ?? 0)) return fate
    }
    return step.put.length > 0 && chance(this.#random, faults.full ?? 0) ? 'full' : 'done'
  }

  async #delay(signal: AbortSignal): Promise<void> {
    const faults = this.#faults()
    if (!chance(this.#random, faults.late ?? 0)) return
    const ms = Math.round(this.#random() * (faults.lateMs ?? 0))
    await sleep(this.#env.clock, ms, AbortSignal.any([signal, this.#end.signal]))
  }

  #assertGoingOn(signal: AbortSignal): void {
    if (this.#end.signal.aborted) throw new AdapterError('unreachable', 'the session is over')
    if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
  }

  #drop(): void {
    this.#end.abort()
    this.#listener?.({ type: 'down', class: 'unreachable', words: 'the session dropped' })
  }
}

/** The turn's own end, or a rejection as soon as one of the signals is aborted. */
function orGivenUp<T>(turn: Promise<T>, signals: readonly AbortSignal[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      for (const signal of signals) signal.removeEventListener('abort', give)
      finish()
    }
    const give = (): void => settle(() => reject(new AdapterError('timeout', 'no answer in time')))
    for (const signal of signals) signal.addEventListener('abort', give)
    if (signals.some((signal) => signal.aborted)) give()
    turn.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}
