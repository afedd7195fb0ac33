import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { Rule } from '../../src/domain/rule.ts'
import type { Expectation, Seen, WitnessSession } from '../witness.ts'
import { Expectations, type Watched } from './expectations.ts'
import { Looks, type Waits } from './looks.ts'

/** Reads what a router has. Trouble is thrown, in words for people. */
export interface Reader {
  readonly isOpen: boolean
  onClose(listener: () => void): void
  /** Says of each rule whether the router has it in effect; of one that it could not read, nothing. */
  look(watched: readonly Watched[], see: See): Promise<void>
  close(): void
}

/** @param why the rule is not in effect, where the router tells */
export type See = (watched: Watched, isThere: boolean, why?: string) => void

export interface LookingOptions {
  readonly slotOf: (rule: Rule) => string | undefined
  readonly open: () => Promise<Reader>
  readonly wordsOf: (error: unknown) => string
  readonly waits: Waits
  /** Milliseconds between looks at everything. */
  readonly interval: number
  /** Milliseconds from the end of a look to the next one, at the least; what comes meanwhile is looked at together. */
  readonly rest: number
  readonly clock: Clock
}

const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 2_000

/**
 * Watches a router that does not tell by itself: a rule that is not as expected is looked for at once and then after
 * ever longer times, and everything is looked at in intervals.
 */
export class LookingSession implements WitnessSession {
  readonly #options: LookingOptions
  readonly #expectations: Expectations
  readonly #looks: Looks
  readonly #whys = new WeakMap<Watched, string>()
  readonly #over = new AbortController()
  #wake = new AbortController()
  #listener: (words: string | undefined) => void = () => undefined
  #trouble: string | undefined
  readonly #running: Promise<void>

  constructor(options: LookingOptions) {
    this.#options = options
    this.#expectations = new Expectations(options.slotOf)
    this.#looks = new Looks(options.waits)
    this.#running = this.#run()
  }

  watch(expected: readonly Expectation[], onSeen: (seen: Seen) => void): void {
    const now = this.#options.clock.monotonic()
    for (const expectation of expected) {
      this.#forget(expectation.rule.key)
      const watched = this.#expectations.add(expectation, onSeen)
      if (watched !== undefined) this.#looks.await(watched, now)
    }
    this.#wake.abort()
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) this.#forget(key)
  }

  #forget(key: string): void {
    const watched = this.#expectations.get(key)
    if (watched === undefined) return
    this.#looks.drop(watched)
    this.#expectations.remove(key)
  }

  whyNot(key: string): string | undefined {
    const watched = this.#expectations.get(key)
    return watched === undefined ? undefined : this.#whys.get(watched)
  }

  onTrouble(listener: (words: string | undefined) => void): void {
    this.#listener = listener
    if (this.#trouble !== undefined) listener(this.#trouble)
  }

  async close(): Promise<void> {
    this.#over.abort()
    this.#wake.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { open, wordsOf, clock } = this.#options
    let retry = FIRST_RETRY_MS
    while (!this.#over.signal.aborted) {
      let reader: Reader | undefined
      try {
        reader = await open()
        await this.#watchOver(reader, () => {
          retry = FIRST_RETRY_MS
        })
      } catch (error) {
        this.#tell(wordsOf(error))
      } finally {
        reader?.close()
      }
      if (this.#over.signal.aborted) return
      await sleep(clock, retry, this.#over.signal)
      retry = Math.min(retry * 2, LONGEST_RETRY_MS)
    }
  }

  /** Until the connection ends. It begins with a look at everything, as it may be another router than before. */
  async #watchOver(reader: Reader, onRead: () => void): Promise<void> {
    const { clock, interval, rest } = this.#options
    const stop = (): void => reader.close()
    this.#over.signal.addEventListener('abort', stop)
    reader.onClose(() => this.#wake.abort())
    let full = clock.monotonic()
    while (reader.isOpen) {
      this.#wake = new AbortController()
      const now = clock.monotonic()
      const everything = now >= full
      await reader.look(everything ? this.#expectations.all() : this.#looks.due(now), this.#see)
      if (!reader.isOpen) break
      if (everything) full = clock.monotonic() + interval
      onRead()
      this.#tell(undefined)
      if (rest > 0) await sleep(clock, rest, this.#over.signal)
      const next = Math.min(full, this.#looks.nextDue() ?? full)
      await sleep(clock, Math.max(next - clock.monotonic(), 0), this.#wake.signal)
    }
    this.#over.signal.removeEventListener('abort', stop)
    if (!this.#over.signal.aborted) throw new Error('the router closed the connection')
  }

  readonly #see: See = (watched, isThere, why) => {
    if (!this.#expectations.isExpected(watched)) return
    const agrees = this.#expectations.see(watched, isThere)
    if (agrees) this.#whys.delete(watched)
    else this.#whys.set(watched, isThere ? 'still there' : (why ?? 'not there'))
    if (agrees) this.#looks.drop(watched)
    else this.#looks.again(watched, this.#options.clock.monotonic())
  }

  #tell(words: string | undefined): void {
    if (words === this.#trouble || this.#over.signal.aborted) return
    this.#trouble = words
    this.#listener(words)
  }
}
