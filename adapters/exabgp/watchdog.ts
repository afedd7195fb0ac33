import type { Clock } from '../../src/domain/clock.ts'
import type { Link } from './link.ts'

/**
 * Tells a command that was silently dropped from a speaker that hangs: after `within` without an answer a barrier
 * is sent. An answer to the barrier shows what was dropped (the bridge then answers `lost`), silence is a hang.
 */
export class Watchdog {
  readonly #link: Link
  readonly #clock: Clock
  readonly #within: number
  readonly #beatEvery: number
  readonly #hung: () => void
  #cancel: () => void
  #watching = false
  #probing = false
  #closed = false

  /**
   * @param within how long an answer may take @param beatEvery how often a speaker that has nothing to do is asked
   * whether it lives, which also finds answers that went astray; both in milliseconds
   */
  constructor(link: Link, clock: Clock, within: number, beatEvery: number, hung: () => void) {
    this.#link = link
    this.#clock = clock
    this.#within = within
    this.#beatEvery = beatEvery
    this.#hung = hung
    this.#cancel = clock.after(beatEvery, () => this.#beat())
  }

  /** Called with every request. */
  watch(): void {
    if (this.#watching || this.#closed) return
    this.#watching = true
    this.#cancel()
    this.#cancel = this.#clock.after(this.#within, () => this.#look())
  }

  close(): void {
    this.#closed = true
    this.#cancel()
  }

  #look(): void {
    if (this.#closed) return
    const overdue = this.#link.overdue()
    this.#watching = overdue !== undefined || this.#probing
    if (overdue !== undefined && overdue >= 0 && !this.#probing) this.#probe()
    const wait = overdue === undefined || overdue >= 0 ? this.#within / 4 : Math.min(-overdue, this.#within)
    this.#cancel = this.#watching
      ? this.#clock.after(Math.max(wait, 5), () => this.#look())
      : this.#clock.after(this.#beatEvery, () => this.#beat())
  }

  #beat(): void {
    void this.#link.request('b', '', this.#within)
    this.watch()
  }

  #probe(): void {
    this.#probing = true
    let cancel = (): void => undefined
    const wait = (ms: number): void => {
      cancel = this.#clock.after(ms, () => {
        const quiet = this.#link.quietFor()
        // Slow is not dead: with answers coming, the barrier has its turn still to come.
        if (quiet < this.#within) wait(this.#within - quiet)
        else this.#hung()
      })
    }
    wait(this.#within)
    void this.#link.request('b', '', this.#within).then(() => {
      cancel()
      this.#probing = false
    })
  }
}
