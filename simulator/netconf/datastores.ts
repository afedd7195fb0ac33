import type { Faults } from '../configured/faults.ts'
import { DataNode } from './data.ts'
import type { Dialect, Holder } from './dialect.ts'
import type { Profile } from './profile.ts'
import { RpcError } from './rpc-error.ts'
import type { Schema } from './schema.ts'

export type Store = 'running' | 'candidate' | 'startup'

/** Changes a tree in place, and returns warnings. @throws RpcErrors */
export type Change = (tree: DataNode) => readonly RpcError[]

export interface DatastoresSettings {
  readonly schema: Schema
  readonly profile: Profile
  readonly dialect: Dialect
  readonly faults: Faults
  /** Whether it could run. @throws RpcErrors */
  check(tree: DataNode): void
  /** As check, of an edit that is not committed yet: what the hardware refuses at once. */
  checkEdit(tree: DataNode): void
  /** It is what a start begins with from now on. */
  keep(tree: DataNode): void
  /** Makes it run. @throws RpcErrors; then what ran before still runs */
  activate(tree: DataNode): Promise<void>
}

interface Private {
  tree: DataNode
  readonly changes: Change[]
}

/** The configurations of a device, who holds them, and who has begun to change them (RFC 6241 §5, §8.3). */
export class Datastores {
  readonly #settings: DatastoresSettings
  readonly #locks = new Map<Store, Holder>()
  readonly #privates = new Map<number, Private>()
  #last: Promise<unknown> = Promise.resolve()
  #running: DataNode
  #candidate: DataNode
  #startup: DataNode
  /** who changed the shared candidate since it was the same as what runs */
  #dirtyBy: Holder | undefined

  constructor(settings: DatastoresSettings) {
    this.#settings = settings
    this.#running = this.empty()
    this.#candidate = this.empty()
    this.#startup = this.empty()
  }

  empty(): DataNode {
    return new DataNode('data', this.#settings.schema)
  }

  get dirtyBy(): Holder | undefined {
    return this.#dirtyBy
  }

  get running(): DataNode {
    return this.#running
  }

  /** What a session sees in a store. */
  tree(store: Store, session: number): DataNode {
    if (store === 'running') return this.#running
    if (store === 'startup') return this.#startup
    return this.#privates.get(session)?.tree ?? this.#candidate
  }

  holderOf(store: Store): Holder | undefined {
    return this.#locks.get(store)
  }

  /** @throws RpcError when somebody else holds it, or has left changes in it */
  lock(store: Store, holder: Holder): void {
    const other = this.#locks.get(store)
    if (other) throw this.#settings.dialect.lockDenied(other)
    if (store === 'candidate' && this.#dirtyBy) throw this.#settings.dialect.lockOfDirty(this.#dirtyBy)
    this.#locks.set(store, holder)
  }

  /** Also drops what was not committed of a candidate (RFC 6241 §8.3.5.2). */
  unlock(store: Store, session: number): void {
    const holder = this.#locks.get(store)
    if (holder?.session !== session) throw inUse(`the lock of ${store} is not yours`)
    this.#locks.delete(store)
    if (store === 'candidate') this.discard(session)
  }

  discard(session: number): void {
    if (this.hasPrivate(session)) this.openPrivate(session)
    if (this.hasPrivate(session) || this.#settings.profile.candidate !== 'shared') return
    this.#checkFree('candidate', session)
    this.resetCandidate()
  }

  resetCandidate(): void {
    this.#candidate = this.#running.clone()
    this.#dirtyBy = undefined
  }

  /** A session begins a candidate of its own. */
  openPrivate(session: number): void {
    this.#privates.set(session, { tree: this.#running.clone(), changes: [] })
  }

  closePrivate(session: number): void {
    this.#privates.delete(session)
  }

  hasPrivate(session: number): boolean {
    return this.#privates.has(session)
  }

  /** Begins a change that a commit will end, or changes what is kept for a start. */
  edit(store: Store, holder: Holder, change: Change): readonly RpcError[] {
    if (
      store === 'candidate' &&
      this.#settings.profile.candidate === 'private' &&
      !this.hasPrivate(holder.session)
    )
      this.openPrivate(holder.session)
    const own = store === 'candidate' ? this.#privates.get(holder.session) : undefined
    if (own) {
      const tree = own.tree.clone()
      const warnings = change(tree)
      this.#settings.checkEdit(tree)
      own.tree = tree
      own.changes.push(change)
      return warnings
    }
    this.#checkFree(store, holder.session)
    const tree = this.tree(store, holder.session).clone()
    const warnings = change(tree)
    this.#settings.checkEdit(tree)
    if (store === 'startup') this.copyToStartup(tree)
    else {
      this.#candidate = tree
      // whoever was first has most to lose
      this.#dirtyBy ??= holder
    }
    return warnings
  }

  /** A change of what runs, at once. */
  async editRunning(holder: Holder, change: Change): Promise<readonly RpcError[]> {
    return await this.#inTurn(() => this.#editRunning(holder, change))
  }

  async #editRunning(holder: Holder, change: Change): Promise<readonly RpcError[]> {
    this.#checkFree('running', holder.session)
    const tree = this.#running.clone()
    const warnings = change(tree)
    this.#settings.checkEdit(tree)
    if (!this.#settings.faults.take('false-ok')) await this.#run(tree)
    return warnings
  }

  /** What a session's commit would make run. @throws RpcErrors when its own changes do not fit any more */
  proposed(session: number): DataNode {
    const own = this.#privates.get(session)
    if (!own) return this.#candidate.clone()
    const tree = this.#running.clone()
    for (const change of own.changes) change(tree)
    return tree
  }

  /**
   * @param isProvisional a start does not begin with it
   * @throws RpcErrors when it may not, or the result cannot run
   */
  async commit(session: number, isProvisional: boolean): Promise<void> {
    await this.#inTurn(() => this.#commit(session, isProvisional))
  }

  async #commit(session: number, isProvisional: boolean): Promise<void> {
    this.#checkFree('running', session)
    const own = this.#privates.get(session)
    // an exclusive lock keeps private changes out too
    this.#checkFree('candidate', session)
    const candidate = this.#candidate
    const tree = this.proposed(session)
    this.#settings.check(tree)
    if (!this.#settings.faults.take('false-ok')) await this.#activate(tree, isProvisional)
    if (own) this.openPrivate(session)
    // what somebody has added in the meantime is not committed
    if ((!own && this.#candidate === candidate) || this.#dirtyBy === undefined) this.resetCandidate()
  }

  /** Makes a tree run whoever holds what; a candidate that nobody has changed follows. */
  async run(tree: DataNode): Promise<void> {
    await this.#inTurn(() => this.#run(tree))
  }

  /** One change of what runs after the other: each begins with what the last one has made. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return await turn
  }

  async #run(tree: DataNode): Promise<void> {
    this.#settings.check(tree)
    await this.#activate(tree, false)
    if (this.#dirtyBy === undefined) this.resetCandidate()
  }

  async #activate(tree: DataNode, isProvisional: boolean): Promise<void> {
    await this.#settings.activate(tree)
    this.#running = tree
    if (!this.#settings.profile.startup && !isProvisional) this.copyToStartup(tree)
  }

  /** All that is not kept over a start is gone, then the tree runs. */
  async boot(tree: DataNode | undefined): Promise<void> {
    await this.#inTurn(() => this.#boot(tree))
  }

  async #boot(tree: DataNode | undefined): Promise<void> {
    this.#locks.clear()
    this.#privates.clear()
    const next = (tree ?? this.#startup).clone()
    this.#settings.check(next)
    await this.#settings.activate(next)
    this.#running = next
    this.#startup = next
    this.resetCandidate()
  }

  copyToStartup(tree: DataNode): void {
    this.#startup = tree.clone()
    this.#settings.keep(this.#startup)
  }

  /** A session is gone: its locks, and what it had not committed. */
  forget(session: number): void {
    this.#privates.delete(session)
    for (const [store, holder] of this.#locks) if (holder.session === session) this.unlock(store, session)
    if (this.#dirtyBy?.session === session && session !== 0 && this.#settings.profile.candidate === 'shared')
      this.resetCandidate()
  }

  /** A person outside NETCONF takes or leaves the lock. */
  lockFor(person: string): void {
    for (const store of ['running', 'candidate'] as const) this.#locks.set(store, { session: 0, person })
  }

  unlockForAll(): void {
    for (const [store, { session }] of this.#locks) if (session === 0) this.#locks.delete(store)
  }

  #checkFree(store: Store, session: number): void {
    const holder = this.#locks.get(store)
    if (holder && holder.session !== session) throw this.#settings.dialect.inUseBy(holder)
  }
}

export function inUse(message: string, appTag?: string): RpcError {
  return new RpcError('in-use', message, { type: 'protocol', ...(appTag === undefined ? {} : { appTag }) })
}
