import type { Clock } from '../../src/domain/clock.ts'
import type { AdapterError } from '../adapter.ts'
import { type Ending, ending, type NftProcess, nftError, onGivenUp, startNft } from './process.ts'

/** How one transaction ended: by the kernel's report, by nft's refusal, or nobody knows. */
export type Commit = 'committed' | 'unconfirmed' | AdapterError

/** nft keeps a history of what it was told in memory; a new one is started after so many characters. */
const RECYCLE_AFTER = 32 * 1024 * 1024
/** How long nft may take to end after its input has. */
const ENDING_MS = 2000

interface Warm {
  readonly child: NftProcess
  readonly ended: Promise<Ending>
  /** Resolves at its first complaint, or when it ends. */
  readonly trouble: Promise<'trouble'>
  sent: number
}

/**
 * A warm interactive nft: one line is one transaction, without the cost of a process each. It says nothing when it
 * succeeds, so success is what the caller's `marked` promise tells.
 */
export class Feeder {
  readonly #namespace: string | undefined
  readonly #clock: Clock
  #warm: Warm | undefined

  constructor(namespace: string | undefined, clock: Clock) {
    this.#namespace = namespace
    this.#clock = clock
  }

  /**
   * Sends one transaction; never rejects. Gives up after `ms` or when a signal is aborted.
   * `unconfirmed`: it may have happened or not; nothing of it is still to come.
   */
  async send(
    commands: readonly string[],
    marked: Promise<void>,
    ms: number,
    signals: readonly AbortSignal[],
  ): Promise<Commit> {
    const warm = this.#start()
    const line = `${commands.join(' ; ')}\n`
    warm.sent += line.length
    let cancel = (): void => {}
    const givenUp = new Promise<'given-up'>((resolve) => {
      cancel = onGivenUp(this.#clock, ms, signals, () => resolve('given-up'))
    })
    warm.child.stdin.write(line)
    const first = await Promise.race([marked.then(() => 'marked' as const), warm.trouble, givenUp])
    cancel()
    if (first === 'marked') return 'committed'
    // Only the end of nft tells that its complaint is whole and that nothing of this line is still to come.
    const end = await this.#finish(first === 'given-up')
    return first === 'given-up' || end.words === '' ? 'unconfirmed' : nftError(end.words)
  }

  #start(): Warm {
    if (this.#warm !== undefined && this.#warm.sent > RECYCLE_AFTER) void this.#finish(false)
    if (this.#warm !== undefined) return this.#warm
    const child = startNft(this.#namespace, ['-i'])
    child.stdin.on('error', () => {})
    child.stdout.resume()
    const trouble = new Promise<'trouble'>((resolve) => {
      const done = (): void => resolve('trouble')
      child.stderr.once('data', done)
      child.once('close', done)
      child.once('error', done)
    })
    this.#warm = { child, ended: ending(child), trouble, sent: 0 }
    return this.#warm
  }

  async #finish(atOnce: boolean): Promise<Ending> {
    const warm = this.#warm
    this.#warm = undefined
    if (warm === undefined) return { code: null, words: '' }
    warm.child.stdin.end()
    if (atOnce) warm.child.kill('SIGKILL')
    const cancel = this.#clock.after(ENDING_MS, () => warm.child.kill('SIGKILL'))
    const end = await warm.ended
    cancel()
    return end
  }

  /** Ends nft; what it was told before still happens. */
  async close(): Promise<void> {
    await this.#finish(false)
  }
}
