import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ask } from './ask-child.ts'
import type { LoadDone, LoadOrder } from './load-process.ts'

/** Clients in a process of their own. */
export class Load {
  readonly #child: ChildProcess

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'load-process.ts'), [], { execArgv: ['--import', 'tsx'] })
  }

  async run(order: LoadOrder): Promise<LoadDone> {
    const given = await ask<{ done?: LoadDone; error?: string }>(this.#child, order)
    if (given.done === undefined) throw new Error(`the clients failed: ${given.error}`)
    return given.done
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }
}
