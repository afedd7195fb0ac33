import type { DataNode } from './data.ts'
import { type Datastores, inUse } from './datastores.ts'
import { RpcError } from './rpc-error.ts'
import { node } from './xml.ts'

interface Pending {
  readonly session: number
  readonly persist: string | undefined
  /** what ran before, and will again */
  readonly before: DataNode
  readonly timer: NodeJS.Timeout
}

export interface CommitRequest {
  readonly session: number
  readonly isConfirmed: boolean
  readonly timeoutMs: number
  readonly persist: string | undefined
  readonly persistId: string | undefined
}

interface ConfirmingSettings {
  /** it is the device's: it outlives its session, and any session may confirm it */
  readonly isForAnyone: boolean
  /** whether the timer works */
  undoesInTime(): boolean
  log(line: string): void
}

/** Commits that undo themselves unless they are confirmed (RFC 6241 §8.4). */
export class Confirming {
  readonly #stores: Datastores
  readonly #isForAnyone: boolean
  readonly #log: (line: string) => void
  readonly #undoesInTime: () => boolean
  #pending: Pending | undefined

  constructor(stores: Datastores, { isForAnyone, undoesInTime, log }: ConfirmingSettings) {
    this.#undoesInTime = undoesInTime
    this.#stores = stores
    this.#isForAnyone = isForAnyone
    this.#log = log
  }

  /** @throws RpcErrors */
  async commit(request: CommitRequest): Promise<void> {
    const pending = this.#checked(request.session, request.persistId)
    const before = pending?.before ?? this.#stores.running
    await this.#stores.commit(request.session, request.isConfirmed)
    this.stop()
    if (request.isConfirmed) this.#begin(request, before)
  }

  /** @throws RpcError when there is none, or it is another's */
  async cancel(session: number, persistId: string | undefined): Promise<void> {
    const pending = this.#checked(session, persistId)
    if (!pending) throw new RpcError('operation-failed', 'no confirmed commit is pending')
    await this.#undo()
  }

  /** A session is gone, and with it what it should have confirmed. */
  async forget(session: number): Promise<void> {
    if (this.#isForAnyone) return
    if (this.#pending?.session === session && this.#pending.persist === undefined) await this.#undo()
  }

  /** A start undoes it by itself: what it began with is what was kept. */
  stop(): void {
    clearTimeout(this.#pending?.timer)
    this.#pending = undefined
  }

  #checked(session: number, persistId: string | undefined): Pending | undefined {
    const pending = this.#pending
    if (this.#isForAnyone) return pending
    if (persistId !== undefined && pending?.persist !== persistId) {
      const info = [node('bad-element', 'persist-id'), node('bad-value', persistId)]
      throw new RpcError('invalid-value', 'no confirmed commit has this persist-id', {
        type: 'protocol',
        info,
      })
    }
    const isOwn =
      pending?.persist === undefined ? pending?.session === session : pending.persist === persistId
    if (pending && !isOwn) throw inUse('a confirmed commit is pending', 'outstanding-confirmed-commit')
    return pending
  }

  #begin({ session, persist, timeoutMs }: CommitRequest, before: DataNode): void {
    const timer = setTimeout(() => {
      if (!this.#undoesInTime()) return
      this.#undo().catch((error: unknown) => this.#log(`rollback: ${String(error)}`))
    }, timeoutMs)
    // a router that was stopped has nothing to undo
    timer.unref()
    this.#pending = { session, persist, before, timer }
  }

  async #undo(): Promise<void> {
    const before = this.#pending?.before
    this.stop()
    if (before) await this.#stores.run(before)
  }
}
