import { AdapterError, type DeviceChange, type ErrorClass } from '../../adapters/adapter.ts'
import type { Clock } from '../domain/clock.ts'

/** Where a device stands, for people. */
export interface DeviceStatus {
  readonly state: 'connecting' | 'reading' | 'ready' | 'unreachable' | 'stopped'
  readonly since: number
  /** Why it is unreachable. */
  readonly error?: { readonly class: ErrorClass; readonly code: string; readonly words: string }
}

/** Keeps what is said of a device: its state, and the conditions that it has told of. */
export class StatusBoard {
  readonly #clock: Clock
  readonly #conditions = new Map<string, string>()
  #status: DeviceStatus

  constructor(clock: Clock) {
    this.#clock = clock
    this.#status = { state: 'connecting', since: clock.now() }
  }

  get status(): DeviceStatus {
    return this.#status
  }

  /** By code, such as `peer-down`, with the device's words. */
  get conditions(): ReadonlyMap<string, string> {
    return this.#conditions
  }

  /** Why nothing can be asked of the device now. */
  get trouble(): AdapterError | undefined {
    const { state, error } = this.#status
    if (state === 'stopped') return new AdapterError('unreachable', 'the controller stops')
    if (state !== 'unreachable' || error === undefined) return undefined
    return new AdapterError(error.class, error.words, error.code)
  }

  set(state: DeviceStatus['state'], error?: DeviceStatus['error']): void {
    const since = this.#status.state === state ? this.#status.since : this.#clock.now()
    this.#status = { state, since, ...(error === undefined ? {} : { error }) }
  }

  /** @returns whether this is news */
  unreachable({ class: errorClass, code, message }: AdapterError): boolean {
    const news = this.#status.state !== 'unreachable' || this.#status.error?.code !== code
    this.set('unreachable', { class: errorClass, code, words: message })
    return news
  }

  note({ code, ok, words }: Extract<DeviceChange, { type: 'status' }>): void {
    if (ok) this.#conditions.delete(code)
    else this.#conditions.set(code, words)
  }

  /** A new session tells anew what is wrong. */
  clearConditions(): void {
    this.#conditions.clear()
  }
}
