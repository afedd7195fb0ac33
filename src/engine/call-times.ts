import type { Adapter, AdapterEnv, Session } from '../../adapters/adapter.ts'
import type { Clock } from '../domain/clock.ts'

/** What a device is asked to do. */
export type DeviceCall = 'open' | 'observe' | 'apply' | 'counters'

type Listener = (call: DeviceCall, ms: number) => void

/** How long a device takes for what it is asked, failures and what was given up too. */
export class CallTimes {
  readonly #clock: Clock
  readonly #listeners = new Set<Listener>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  listen(listener: Listener): void {
    this.#listeners.add(listener)
  }

  /** The same adapter, whose calls are timed. */
  timed(adapter: Adapter): Adapter {
    const open = async (config: never, env: AdapterEnv): Promise<Session> =>
      this.#session(await this.#time('open', () => adapter.open(config, env)))
    return { ...adapter, open }
  }

  #session(session: Session): Session {
    const { onChange, settled, counters } = session
    return {
      observe: (what, signal) => this.#time('observe', () => session.observe(what, signal)),
      apply: (change, signal) => this.#time('apply', () => session.apply(change, signal)),
      ...(onChange && { onChange: onChange.bind(session) }),
      ...(settled && { settled: settled.bind(session) }),
      ...(counters && {
        counters: (what, signal) => this.#time('counters', () => counters.call(session, what, signal)),
      }),
      close: () => session.close(),
    }
  }

  async #time<T>(call: DeviceCall, run: () => Promise<T>): Promise<T> {
    const begun = this.#clock.monotonic()
    try {
      return await run()
    } finally {
      const ms = this.#clock.monotonic() - begun
      for (const listener of this.#listeners) listener(call, ms)
    }
  }
}
