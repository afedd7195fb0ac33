import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { Ending, NftProcess, Place } from './place.ts'

export interface MonitorEvents {
  /** One JSON event of the ruleset. */
  event(json: unknown): void
  /** Events were lost: the monitor could not keep up, or said what nobody understands. */
  lost(words: string): void
  /** The monitor has ended by itself. */
  ended(end: Ending): void
}

const READY_MS = 1000

/** A warm `nft -j monitor`: the kernel's own report of each commit, 0.1 ms after it. */
export class Monitor {
  readonly #nft: NftProcess
  readonly #events: MonitorEvents
  #closed = false
  #hasEnded = false

  constructor(place: Place, events: MonitorEvents) {
    this.#nft = place.start(['-n', '-j', 'monitor'])
    this.#events = events
    void this.#nft.ended.then((end) => {
      this.#hasEnded = true
      if (!this.#closed) events.ended(end)
    })
    this.#read().catch((error: unknown) => {
      if (!this.#closed) events.lost(String(error))
    })
  }

  /**
   * Resolves when the kernel lists the monitor as a subscriber, or after a second.
   * @returns false at once where that cannot be seen
   */
  async ready(clock: Clock): Promise<boolean> {
    const { isSubscribed } = this.#nft
    if (isSubscribed === undefined) return false
    const start = clock.monotonic()
    while (clock.monotonic() - start < READY_MS && !this.#hasEnded) {
      if (await isSubscribed()) break
      await sleep(clock, 3)
    }
    return true
  }

  async #read(): Promise<void> {
    let rest = ''
    for await (const text of this.#nft.stdout.setEncoding('utf8')) {
      const lines = (rest + (text as string)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#line(line)
      await nextTurn()
    }
  }

  #line(line: string): void {
    if (line === '') return
    if (!line.startsWith('{')) {
      this.#events.lost(line)
      return
    }
    try {
      this.#events.event(JSON.parse(line))
    } catch (error) {
      this.#events.lost(String(error))
    }
  }

  close(): void {
    this.#closed = true
    this.#nft.kill()
  }
}
