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
import { Switches } from '../switching/switches.ts'
import { LinkPanel, linkError } from './iproute.ts'
import { LinkMonitor } from './monitor.ts'

/** The interfaces of one namespace, and a monitor that says when to look at them. */
export class LinkSession implements Session {
  readonly #closing = new AbortController()
  readonly #monitor: LinkMonitor
  readonly #switches: Switches
  #listener: ((change: DeviceChange) => void) | undefined
  #down: Extract<DeviceChange, { type: 'down' }> | undefined

  private constructor(namespace: string | undefined, known: readonly SwitchRule[], env: AdapterEnv) {
    this.#switches = new Switches({
      ...{ panel: new LinkPanel(namespace), env, known, closing: this.#closing.signal },
      tell: (change) => this.#listener?.(change),
    })
    this.#monitor = new LinkMonitor(namespace, {
      changed: () => this.#look(),
      ended: (words) => this.#ended(linkError(`ip monitor has ended: ${words}`)),
    })
  }

  /** @throws AdapterError when the interfaces cannot be read */
  static async open(
    namespace: string | undefined,
    known: readonly SwitchRule[],
    env: AdapterEnv,
  ): Promise<LinkSession> {
    const session = new LinkSession(namespace, known, env)
    try {
      await session.#monitor.ready(env.clock)
      await session.#switches.look()
      if (session.#down !== undefined) throw new AdapterError(session.#down.class, session.#down.words)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
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
    this.#monitor.close()
    await this.#switches.idle()
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal])
  }

  #look(): void {
    this.#switches.look().catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#ended(error)
    })
  }

  #ended(error: unknown): void {
    if (this.#down !== undefined) return
    const [errorClass, words] =
      error instanceof AdapterError && error.class !== 'rejected'
        ? [error.class, error.message]
        : (['unreachable', error instanceof Error ? error.message : String(error)] as const)
    this.#down = { type: 'down', class: errorClass, words }
    this.#listener?.(this.#down)
  }
}
