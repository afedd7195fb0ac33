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
import type { Panel } from './panel.ts'
import { Switches } from './switches.ts'

export interface SwitchingOptions {
  readonly panel: Panel
  readonly env: Pick<AdapterEnv, 'remember' | 'recall'>
  /** All that may be put down, where that can be listed. */
  readonly known: readonly SwitchRule[]
  /** Of what cannot be listed: why it may not be put down; `undefined` where it may. */
  readonly whyNot?: (rule: SwitchRule) => string | undefined
  /** How a change is told, where a panel knows more about it. */
  readonly tellAs?: (change: DeviceChange) => DeviceChange
  /** What the device's own connection or child needs when the session ends. */
  readonly release: () => void
}

/** A session over switches: whoever has the device says when to look, and when it is over. */
export class SwitchingSession implements Session {
  readonly #closing = new AbortController()
  readonly #switches: Switches
  readonly #release: () => void
  #listener: ((change: DeviceChange) => void) | undefined
  #down: Extract<DeviceChange, { type: 'down' }> | undefined

  /** @throws AdapterError `bad-memo` */
  constructor({ panel, env, known, whyNot, tellAs = (change) => change, release }: SwitchingOptions) {
    this.#release = release
    this.#switches = new Switches({
      ...{ panel, env, known, closing: this.#closing.signal },
      ...(whyNot === undefined ? {} : { whyNot }),
      tell: (change) => this.#listener?.(tellAs(change)),
    })
  }

  /** Aborted when the session is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Why it is over, once it is. */
  get down(): Extract<DeviceChange, { type: 'down' }> | undefined {
    return this.#down
  }

  observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    return this.#switches.observe(what, this.#until(signal))
  }

  apply(change: Change, signal: AbortSignal): Promise<Receipt> {
    return this.#switches.apply(change, this.#until(signal))
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#listener = listener
    if (this.#down !== undefined) listener(this.#down)
  }

  async close(): Promise<void> {
    this.#listener = undefined
    this.#closing.abort()
    this.#release()
    await this.#switches.idle()
  }

  /** Reads all switches, in turn with changes, and tells what others have turned. @throws AdapterError */
  look(): Promise<void> {
    return this.#switches.look()
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
