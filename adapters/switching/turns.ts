import { AdapterError } from '../adapter.ts'

/** One thing after another on one device. */
export class Turns {
  readonly #closing: AbortSignal
  #queue: Promise<unknown> = Promise.resolve()

  /** @param closing ends everything that waits for its turn */
  constructor(closing: AbortSignal) {
    this.#closing = closing
  }

  /** @throws AdapterError when the session is closed or the call given up before its turn, or what `run` fails with */
  take<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => {
      if (this.#closing.aborted) throw new AdapterError('unreachable', 'the session is closed')
      refuseAborted(signal)
      return run()
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#queue
  }
}

/** @throws AdapterError */
export function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
}
