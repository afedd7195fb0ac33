import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'

interface Task {
  /** Something may have changed since it was begun. */
  again: boolean
  running: Promise<void> | undefined
  failure: AdapterError | undefined
  cancel: () => void
}

export interface TasksOptions {
  /** Brings one thing to where it is wanted; it is known there by its key. */
  readonly run: (key: string) => Promise<void>
  /** Milliseconds until what has failed is tried again. */
  readonly interval: number
  readonly clock: Clock
  /** One has failed, in another way, or not any more. */
  readonly failed: (before: AdapterError | undefined, failure: AdapterError | undefined) => void
}

/** Things that are done one at a time each, and again and again while they fail. */
export class Tasks {
  readonly #options: TasksOptions
  readonly #tasks = new Map<string, Task>()
  #closed = false

  constructor(options: TasksOptions) {
    this.#options = options
  }

  /** Why it was not done when it was tried last. */
  failureOf(key: string): AdapterError | undefined {
    return this.#tasks.get(key)?.failure
  }

  get failures(): readonly AdapterError[] {
    return [...this.#tasks.values()].flatMap(({ failure }) => failure ?? [])
  }

  /** Does it now, or lets it go on. Never rejects. */
  do(key: string): Promise<void> {
    if (this.#closed) return Promise.resolve()
    const task = this.#tasks.get(key) ?? freshTask()
    this.#tasks.set(key, task)
    task.cancel()
    task.again = true
    task.running ??= this.#run(key, task)
    return task.running
  }

  close(): void {
    this.#closed = true
    for (const { cancel } of this.#tasks.values()) cancel()
  }

  async #run(key: string, task: Task): Promise<void> {
    const { run, interval, clock, failed } = this.#options
    const before = task.failure
    try {
      while (task.again) {
        task.again = false
        await run(key)
      }
      task.failure = undefined
      this.#tasks.delete(key)
    } catch (error) {
      task.failure = error instanceof AdapterError ? error : new AdapterError('rejected', String(error))
      if (!this.#closed) task.cancel = clock.after(interval, () => void this.do(key))
    } finally {
      task.running = undefined
    }
    if (!this.#closed && before?.message !== task.failure?.message) failed(before, task.failure)
  }
}

function freshTask(): Task {
  return { again: true, running: undefined, failure: undefined, cancel: () => undefined }
}
