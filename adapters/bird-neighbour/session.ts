import { sleep } from '../../src/domain/clock.ts'
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
import { Control, controlTrouble } from '../transport/bird-control.ts'
import { ProtocolPanel } from './panel.ts'

/** Nobody has meant this neighbour by it, so that it counts as no person's wish and is put down anew each time. */
const CONFIGURED_ANEW: DeviceChange = {
  type: 'resync',
  words: 'BIRD has read its configuration, which enables what was disabled',
}

/** One connection to BIRD's control socket. BIRD tells nobody when a protocol is disabled, so it is asked regularly. */
export class NeighbourSession implements Session {
  readonly #closing = new AbortController()
  readonly #control: Control
  readonly #switches: Switches
  #listener: ((change: DeviceChange) => void) | undefined
  #down: Extract<DeviceChange, { type: 'down' }> | undefined

  private constructor(control: Control, known: readonly SwitchRule[], env: AdapterEnv) {
    this.#control = control
    const panel = new ProtocolPanel(control, env.clock)
    this.#switches = new Switches({
      ...{ panel, env, known, closing: this.#closing.signal },
      tell: (change) => this.#listener?.(panel.configuredAnew ? CONFIGURED_ANEW : change),
    })
    control.onClose(() => this.#ended('BIRD closed the connection'))
  }

  static async open(
    socket: string,
    known: readonly SwitchRule[],
    interval: number,
    env: AdapterEnv,
  ): Promise<NeighbourSession> {
    const control = await Control.open(socket, 'change').catch((error: unknown) => {
      const denied = ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')
      throw new AdapterError(denied ? 'auth' : 'unreachable', controlTrouble(error, socket))
    })
    try {
      const session = new NeighbourSession(control, known, env)
      void session.#lookRegularly(interval, env)
      return session
    } catch (error) {
      control.close()
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
    this.#control.close()
    await this.#switches.idle()
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal])
  }

  async #lookRegularly(interval: number, { clock }: AdapterEnv): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted && this.#down === undefined) {
      await sleep(clock, interval, signal)
      if (signal.aborted) return
      await this.#switches.look().catch((error: unknown) => this.#ended(messageOf(error)))
    }
  }

  #ended(words: string): void {
    if (this.#down !== undefined || this.#closing.signal.aborted) return
    this.#down = { type: 'down', class: 'unreachable', words }
    this.#listener?.(this.#down)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
