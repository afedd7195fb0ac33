import type { Rule, SwitchRule } from '../../src/domain/rule.ts'
import {
  type AdapterEnv,
  AdapterError,
  type Change,
  type DeviceChange,
  type Observed,
  type Receipt,
  type Session,
} from '../adapter.ts'
import { Keeper } from './keeper.ts'
import { memoParts } from './memo-parts.ts'
import type { Panel } from './panel.ts'
import { Switches } from './switches.ts'

export interface SwitchingOptions {
  readonly panel: Panel
  readonly env: Pick<AdapterEnv, 'remember' | 'recall'>
  /** All that may be put down, where that can be listed. */
  readonly known: readonly SwitchRule[]
  /** Of what cannot be listed: why it may not be put down; `undefined` where it may. */
  readonly whyNot?: (rule: SwitchRule) => string | undefined
  /** Where the panel has sessions, too: which rules of `no-session` it does not take, in words. */
  readonly sessions?: (rule: SwitchRule) => string | undefined
  /** How a change is told, where a panel knows more about it. */
  readonly tellAs?: (change: DeviceChange) => DeviceChange
  /** What the device's own connection or child needs when the session ends. */
  readonly release: () => void
}

/** A session over switches: whoever has the device says when to look, and when it is over. */
export class SwitchingSession implements Session {
  readonly #closing = new AbortController()
  readonly #switches: Switches
  readonly #keeper: Keeper | undefined
  readonly #release: () => void
  #listener: ((change: DeviceChange) => void) | undefined
  #down: Extract<DeviceChange, { type: 'down' }> | undefined

  /** @throws AdapterError `bad-memo` */
  constructor({
    panel,
    env,
    known,
    whyNot,
    sessions,
    tellAs = (change) => change,
    release,
  }: SwitchingOptions) {
    this.#release = release
    const tell = (change: DeviceChange): void => this.#listener?.(tellAs(change))
    const closing = this.#closing.signal
    const memoOf = sessions === undefined ? () => env : memoParts(env)
    this.#switches = new Switches({
      ...{ panel, env: memoOf('switches'), known, closing, tell },
      ...(whyNot === undefined ? {} : { whyNot }),
    })
    if (sessions !== undefined)
      this.#keeper = new Keeper({ panel, env: memoOf('sessions'), whyNot: sessions, tell, closing })
  }

  /** Aborted when the session is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Why it is over, once it is. */
  get down(): Extract<DeviceChange, { type: 'down' }> | undefined {
    return this.#down
  }

  async observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    const until = this.#until(signal)
    const switches = await this.#switches.observe(what, until)
    const kept = await this.#keeper?.observe(what, until)
    if (kept === undefined) return switches
    return {
      ...switches,
      rules: [...switches.rules, ...kept.rules],
      uncertain: [...switches.uncertain, ...kept.uncertain],
    }
  }

  async apply({ put, remove }: Change, signal: AbortSignal): Promise<Receipt> {
    const until = this.#until(signal)
    const isKept = ({ kind }: Rule): boolean => this.#keeper !== undefined && kind === 'no-session'
    const isTurned = (rule: Rule): boolean => !isKept(rule)
    const turned = { put: put.filter(isTurned), remove: remove.filter(isTurned) }
    const kept = { put: put.filter(isKept), remove: remove.filter(isKept) }
    return new Map([
      ...(await this.#switches.apply(turned, until)),
      ...((await this.#keeper?.apply(kept, until)) ?? []),
    ])
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#listener = listener
    if (this.#down !== undefined) listener(this.#down)
  }

  async close(): Promise<void> {
    this.#listener = undefined
    this.#closing.abort()
    this.#release()
    await Promise.all([this.#switches.idle(), this.#keeper?.idle()])
  }

  /** Reads all switches, in turn with changes, and tells what others have turned; ends sessions. @throws AdapterError */
  async look(): Promise<void> {
    await this.#switches.look()
    await this.#keeper?.look()
  }

  /** Tells what the switches themselves do not. */
  tell(change: Extract<DeviceChange, { type: 'status' }>): void {
    this.#listener?.(change)
  }

  /** The device cannot be reached any more. What it refused is no word about that. */
  ended(error: unknown): void {
    if (this.#down !== undefined || this.#closing.signal.aborted) return
    const words = error instanceof Error ? error.message : String(error)
    const reached = error instanceof AdapterError && error.class !== 'rejected'
    this.#down = { type: 'down', class: reached ? error.class : 'unreachable', words }
    this.#listener?.(this.#down)
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal])
  }
}
