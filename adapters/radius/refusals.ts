import type { AdapterEnv, DeviceChange } from '../adapter.ts'

/** Each reason is told once in so long, and is over when there was none for so long. */
const TOLD_AGAIN_MS = 60_000
/** Whoever forges sources must not fill the memory. */
const MOST_REASONS = 100

/** Why accounting was not taken, for people to see. */
export class Refusals {
  readonly #env: Pick<AdapterEnv, 'clock' | 'log' | 'device'>
  readonly #tell: (change: DeviceChange) => void
  /** When each reason was told last, by the monotonic clock. */
  readonly #told = new Map<string, number>()
  #cancel: () => void = () => undefined

  constructor(env: Pick<AdapterEnv, 'clock' | 'log' | 'device'>, tell: (change: DeviceChange) => void) {
    this.#env = env
    this.#tell = tell
  }

  note(words: string): void {
    const { clock, log, device } = this.#env
    this.#cancel()
    this.#cancel = clock.after(TOLD_AGAIN_MS, () => this.#over())
    const before = this.#told.get(words)
    if (before !== undefined && clock.monotonic() - before < TOLD_AGAIN_MS) return
    if (this.#told.size >= MOST_REASONS) this.#told.clear()
    this.#told.set(words, clock.monotonic())
    log.warn({ device, words }, 'accounting was not taken')
    this.#tell({ type: 'status', code: 'accounting-refused', ok: false, words })
  }

  close(): void {
    this.#cancel()
  }

  #over(): void {
    this.#told.clear()
    this.#tell({ type: 'status', code: 'accounting-refused', ok: true, words: 'all is taken' })
  }
}
