import type { SwitchRule } from '../../src/domain/rule.ts'
import { isSwitch, type Rule } from '../../src/domain/rule.ts'
import {
  type AdapterEnv,
  AdapterError,
  type Change,
  type DeviceChange,
  type Observed,
  type Outcome,
  type Receipt,
  type Session,
} from '../adapter.ts'
import type { Panel } from '../switching/panel.ts'
import { isRefusal, Switches } from '../switching/switches.ts'
import type { ConfiguredDevice } from './device.ts'
import { Entries } from './entries.ts'

export interface ConfiguredOptions {
  readonly device: ConfiguredDevice
  readonly env: AdapterEnv
  readonly maxEntries: number
  /** All that may be put down, and how. */
  readonly switches?: { readonly panel: Panel; readonly known: readonly SwitchRule[] }
  /** How often to look whether somebody else has changed what is ours, in milliseconds. */
  readonly lookEveryMs: number
  /** Ends the connection to the device. */
  readonly release: () => Promise<void>
}

/** A session on a device that is configured: entries in containers, and switches, one thing after another. */
export class ConfiguredSession implements Session {
  readonly #options: ConfiguredOptions
  readonly #closing = new AbortController()
  readonly #entries: Entries
  readonly #switches: Switches | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #listener: ((change: DeviceChange) => void) | undefined
  #down: Extract<DeviceChange, { type: 'down' }> | undefined
  #cancelLook: () => void = () => {}
  /** Why the device does not let us look at its switches. */
  #unseenWhy: string | undefined

  /** @throws AdapterError `bad-memo` */
  constructor(options: ConfiguredOptions) {
    const { device, env, maxEntries, switches } = options
    this.#options = options
    this.#entries = new Entries(device, maxEntries, (code, why) =>
      this.#listener?.({
        ...{ type: 'status', code, ok: why === undefined },
        words: why ?? 'what it needs is there',
      }),
    )
    if (switches !== undefined)
      this.#switches = new Switches({
        ...{ ...switches, env, closing: this.#closing.signal },
        tell: (change) => this.#listener?.(change),
      })
    this.#lookLater()
  }

  observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    return this.#inTurn(signal, async (until) => {
      const entries = await this.#entries.observe(what, until)
      const switches = await this.#observeSwitches(what, until)
      if (switches === undefined) return entries
      return {
        rules: [...entries.rules, ...switches.rules],
        uncertain: [...entries.uncertain, ...switches.uncertain],
        evidence: 'read-back',
        foreign: entries.foreign + switches.foreign,
      }
    })
  }

  apply(change: Change, signal: AbortSignal): Promise<Receipt> {
    return this.#inTurn(signal, async (until) => {
      const entries = await this.#entries.apply(change, until)
      const asked = { put: change.put.filter(isSwitch), remove: change.remove.filter(isSwitch) }
      const switched = await this.#turn(asked, until)
      return new Map([...entries, ...switched])
    })
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#listener = listener
    if (this.#down !== undefined) listener(this.#down)
  }

  /** Something that people should see. */
  tell(change: Extract<DeviceChange, { type: 'status' }>): void {
    if (!this.#closing.signal.aborted) this.#listener?.(change)
  }

  /** The device cannot be reached any more, or must be reached anew. */
  ended(error: AdapterError): void {
    if (this.#down !== undefined || this.#closing.signal.aborted) return
    this.#down = { type: 'down', class: error.class, words: error.message }
    this.#cancelLook()
    this.#listener?.(this.#down)
  }

  async close(): Promise<void> {
    this.#listener = undefined
    this.#cancelLook()
    this.#closing.abort()
    await this.#options.release()
    await this.#queue
    await this.#switches?.idle()
  }

  /** Looks now whether somebody else has changed what is ours, and tells. */
  async look(): Promise<void> {
    const { gone, more } = await this.#inTurn(this.#closing.signal, (until) => this.#entries.drift(until))
    for (const key of gone) this.#listener?.({ type: 'seen', key, present: false, evidence: 'read-back' })
    if (more) this.#listener?.({ type: 'resync', words: 'somebody has changed what is ours' })
    // In turn with everything else: a shell is asked one thing at a time.
    await this.#inTurn(this.#closing.signal, async () => {
      await this.#unlessRefused(
        async () => this.#switches?.look(),
        () => undefined,
      )
    })
  }

  async #turn(change: Change, signal: AbortSignal): Promise<Receipt> {
    if (change.put.length + change.remove.length === 0) return new Map()
    if (this.#switches !== undefined) return await this.#turnKnown(this.#switches, change, signal)
    const gone: [string, Outcome][] = change.remove.map(({ key }) => [key, DONE])
    const refused: [string, Outcome][] = change.put.map(({ key, kind }) => [
      key,
      { result: 'failed', class: 'unsupported', words: `no rules of kind ${kind}` },
    ])
    return new Map([...gone, ...refused])
  }

  async #observeSwitches(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed | undefined> {
    const switches = this.#switches
    if (switches === undefined) return undefined
    return await this.#unlessRefused(
      () => switches.observe(what, signal),
      () => switches.unseen(what),
    )
  }

  async #turnKnown(switches: Switches, change: Change, signal: AbortSignal): Promise<Receipt> {
    return await this.#unlessRefused(
      () => switches.apply(change, signal),
      ({ class: errorClass, message }) => {
        const outcome: Outcome = { result: 'failed', class: errorClass, words: message }
        return new Map([...change.put, ...change.remove].map(({ key }) => [key, outcome]))
      },
    )
  }

  /** What a device says against a look at its switches is no reason to hold no entries on it. */
  async #unlessRefused<T>(run: () => Promise<T>, otherwise: (refusal: AdapterError) => T): Promise<T> {
    try {
      const result = await run()
      this.#switchesSeen(undefined)
      return result
    } catch (error) {
      if (!isRefusal(error) || this.#down !== undefined) throw error
      this.#switchesSeen(error.message)
      return otherwise(error)
    }
  }

  #switchesSeen(why: string | undefined): void {
    if (why === this.#unseenWhy) return
    this.#unseenWhy = why
    this.tell({
      ...{ type: 'status', code: 'switches-unseen', ok: why === undefined },
      words: why ?? 'interfaces and neighbours can be looked at',
    })
  }

  #lookLater(): void {
    const { env, lookEveryMs } = this.#options
    this.#cancelLook = env.clock.after(lookEveryMs, () => {
      this.look().then(
        () => this.#lookLater(),
        (error: unknown) => this.#lookFailed(error),
      )
    })
  }

  #lookFailed(error: unknown): void {
    if (this.#closing.signal.aborted || this.#down !== undefined) return
    const known = error instanceof AdapterError ? error : new AdapterError('unreachable', String(error))
    this.ended(known)
  }

  #inTurn<T>(signal: AbortSignal, run: (until: AbortSignal) => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => {
      if (this.#closing.signal.aborted) throw new AdapterError('unreachable', 'the session is closed')
      if (this.#down !== undefined) throw new AdapterError(this.#down.class, this.#down.words)
      if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
      return run(AbortSignal.any([signal, this.#closing.signal]))
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}

const DONE: Outcome = Object.freeze({ result: 'done', evidence: 'read-back' })
