import type { Clock } from '../../src/domain/clock.ts'
import type { AdapterError } from '../adapter.ts'
import type { Ending, Interactive, Place } from './place.ts'
import { endingError, onGivenUp } from './process.ts'

/** How one transaction ended: by the kernel's report, by nft's refusal, or nobody knows. */
export type Commit = 'committed' | 'unconfirmed' | AdapterError

/** nft keeps a history of what it was told in memory; a new one is started after so many characters. */
const RECYCLE_AFTER = 32 * 1024 * 1024
/** How long nft may take to end after its input has. */
const ENDING_MS = 2000

interface SendLimit {
  readonly ms: number
  readonly signals: readonly AbortSignal[]
  /** Sent anew after so many ms, then after twice that, until it is reported: for what may happen several times. */
  readonly again?: number
}

interface Warm {
  readonly nft: Interactive
  /** Resolves at its first complaint, or when it ends. */
  readonly trouble: Promise<'trouble'>
  sent: number
}

/**
 * A warm interactive nft: one line is one transaction, without the cost of a process each. It says nothing when it
 * succeeds, so success is what the caller's `marked` promise tells.
 */
export class Feeder {
  readonly #place: Place
  readonly #clock: Clock
  #warm: Warm | undefined

  constructor(place: Place, clock: Clock) {
    this.#place = place
    this.#clock = clock
  }

  /**
   * Sends one transaction; never rejects. Gives up after `ms` or when a signal is aborted.
   * `unconfirmed`: it may have happened or not; nothing of it is still to come, unless from a host that was lost.
   */
  async send(commands: readonly string[], marked: Promise<void>, limit: SendLimit): Promise<Commit> {
    const warm = this.#start()
    const line = `${commands.join(' ; ')}\n`
    let cancel = (): void => {}
    const givenUp = new Promise<'given-up'>((resolve) => {
      cancel = onGivenUp(this.#clock, limit.ms, limit.signals, () => resolve('given-up'))
    })
    const stop = this.#writing(warm, line, limit.again)
    const first = await Promise.race([marked.then(() => 'marked' as const), warm.trouble, givenUp])
    stop()
    cancel()
    if (first === 'marked') return 'committed'
    // Only the end of nft tells that its complaint is whole and that nothing of this line is still to come.
    const end = await this.#finish(first === 'given-up')
    const unknown = first === 'given-up' || end === undefined || end.lost !== undefined || end.words === ''
    return unknown ? 'unconfirmed' : endingError(end)
  }

  /** Writes the line, once or time and again; the returned function stops that. */
  #writing(warm: Warm, line: string, again: number | undefined): () => void {
    let stop = (): void => {}
    const write = (pause: number | undefined): void => {
      warm.sent += line.length
      warm.nft.stdin.write(line)
      if (pause !== undefined) stop = this.#clock.after(pause, () => write(2 * pause))
    }
    write(again)
    return () => stop()
  }

  #start(): Warm {
    if (this.#warm !== undefined && this.#warm.sent > RECYCLE_AFTER) void this.#finish(false)
    if (this.#warm !== undefined) return this.#warm
    const nft = this.#place.interactive()
    nft.stdout.resume()
    const trouble = new Promise<'trouble'>((resolve) => {
      const done = (): void => resolve('trouble')
      nft.stderr.once('data', done)
      void nft.ended.then(done)
    })
    this.#warm = { nft, trouble, sent: 0 }
    return this.#warm
  }

  /** How it ended; undefined when there was none. */
  async #finish(atOnce: boolean): Promise<Ending | undefined> {
    const nft = this.#warm?.nft
    this.#warm = undefined
    if (nft === undefined) return undefined
    if (atOnce) nft.kill()
    else nft.stdin.end()
    const cancel = this.#clock.after(ENDING_MS, () => nft.kill())
    const end = await nft.ended
    cancel()
    return end
  }

  /** Ends nft; what it was told before still happens. */
  async close(): Promise<void> {
    await this.#finish(false)
  }
}
