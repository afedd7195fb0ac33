import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError, type DeviceChange } from '../adapter.ts'
import type { Server } from './config.ts'
import type { Directory } from './directory.ts'
import type { Mark } from './mark.ts'
import { attributesOf, wayOf } from './ways.ts'

/** How long one that could not be asked is left alone. */
const AGAIN_AFTER_MS = 10_000

type Status = Extract<DeviceChange, { type: 'status' }>

export interface ReplicaOptions {
  readonly servers: readonly Server[]
  readonly open: (server: Server, signal: AbortSignal) => Promise<Directory>
  readonly clock: Clock
  readonly tell: (status: Status) => void
}

/** Other servers of the directory, which others ask: what they do not show yet is not in force there. */
export class Replicas {
  readonly #all: readonly Replica[]

  constructor({ servers, ...common }: ReplicaOptions) {
    this.#all = servers.map((server) => new Replica(server, common))
  }

  /** Which of these every replica shows as locked, and whether one of them only needs time. @throws AdapterError when given up */
  async showing(
    marks: ReadonlyMap<string, Mark>,
    signal: AbortSignal,
  ): Promise<{ readonly shown: ReadonlySet<string>; readonly behind: boolean }> {
    let shown: ReadonlySet<string> = new Set(marks.keys())
    if (marks.size === 0) return { shown, behind: false }
    let behind = false
    for (const seen of await Promise.all(this.#all.map((replica) => replica.locked(marks, signal)))) {
      behind ||= seen !== undefined && seen.size < marks.size
      shown = new Set([...shown].filter((key) => seen?.has(key) ?? false))
    }
    if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
    return { shown, behind }
  }

  close(): void {
    for (const replica of this.#all) replica.close()
  }
}

class Replica {
  readonly #server: Server
  readonly #options: Omit<ReplicaOptions, 'servers'>
  #directory: Directory | undefined
  #closed = false
  #failedAt: number | undefined

  constructor(server: Server, options: Omit<ReplicaOptions, 'servers'>) {
    this.#server = server
    this.#options = options
  }

  /** Which of these it shows as locked; undefined when it cannot be asked. */
  async locked(
    marks: ReadonlyMap<string, Mark>,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string> | undefined> {
    const { clock } = this.#options
    if (this.#failedAt !== undefined && clock.monotonic() - this.#failedAt < AGAIN_AFTER_MS) return undefined
    try {
      const seen = await this.#seen(await this.#opened(signal), marks, signal)
      this.#said(undefined)
      return seen
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error
      if (!signal.aborted) this.#said(error)
      return undefined
    }
  }

  close(): void {
    this.#closed = true
    this.#directory?.connection.close()
  }

  async #opened(signal: AbortSignal): Promise<Directory> {
    if (this.#directory !== undefined && !this.#directory.connection.isOver) return this.#directory
    const directory = await this.#options.open(this.#server, signal)
    if (this.#closed) directory.connection.close()
    this.#directory = directory
    return directory
  }

  async #seen(
    directory: Directory,
    marks: ReadonlyMap<string, Mark>,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const all = [...marks.values()]
    const ids = all.map(({ id }) => id)
    const entries = await directory.byIds(ids, [...new Set(all.flatMap(attributesOf))], signal)
    const locked = new Set<string>()
    for (const [key, mark] of marks) {
      const look = await wayOf(directory, mark).look(entries.get(mark.id), signal)
      if (look?.at === 'down') locked.add(key)
    }
    return locked
  }

  #said(error: AdapterError | undefined): void {
    const { clock, tell } = this.#options
    const was = this.#failedAt !== undefined
    this.#failedAt = error === undefined ? undefined : clock.monotonic()
    if (error === undefined && !was) return
    const words = error?.message ?? `${this.#server.url} answers again`
    if (error === undefined || !was)
      tell({ type: 'status', code: 'replica-unseen', ok: error === undefined, words })
  }
}
