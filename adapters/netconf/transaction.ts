import { AdapterError } from '../adapter.ts'
import { BASE, offers } from '../transport/netconf/hello.ts'
import { type NetconfSession, RpcRefusal } from '../transport/netconf/session.ts'
import { element, type Xml } from '../transport/netconf/xml.ts'
import { Unanswered } from '../transport/unanswered.ts'
import type { NetconfDriver } from './driver.ts'
import { lockRefused, refused } from './errors.ts'

const LOCK_WITHIN_MS = 15_000
const TIDY_WITHIN_MS = 10_000

/**
 * Until an edit or a commit of a container with so many entries is answered. Servers were measured that need 18 s for
 * 10,000 entries and grow with the square.
 */
export function editDeadlineMs(entries: number): number {
  return 20_000 + 10 * entries + (entries * entries) / 1_000
}

export function readDeadlineMs(entries: number): number {
  return 20_000 + 5 * entries
}

/** The content of `<config>`, made once nobody else can edit; it may look at what stands. */
type Edit = () => Promise<Xml>

/** Of a whole call on a device with so much room: it waits for the lock, edits, commits and reads back. */
export function patienceMs(maxEntries: number): number {
  return LOCK_WITHIN_MS + 2 * editDeadlineMs(maxEntries) + readDeadlineMs(maxEntries)
}

interface Way {
  /** The datastore that is locked and edited. */
  readonly target: 'candidate' | 'running'
  readonly begin: Xml
  readonly end: Xml
  readonly isPrivate: boolean
}

/**
 * Changes as transactions: a candidate of our own where the device gives one, else the shared one under its lock, else
 * the running configuration under its lock (RFC 6241 §8.2, §8.3). A lock that somebody holds is waited for by whoever
 * calls; what somebody has not committed is never discarded. Operations go one by one, since a commit behind an edit
 * that was refused could commit what is not ours.
 */
export class Transactions {
  readonly #session: NetconfSession
  readonly #driver: NetconfDriver
  readonly #way: Way

  /**
   * @param candidate `shared`: also where the device gives one of our own, as only that can be committed for a while
   * @throws AdapterError `unsupported` when the server lets nobody edit
   */
  constructor(session: NetconfSession, driver: NetconfDriver, candidate: 'private' | 'shared' = 'private') {
    this.#session = session
    this.#driver = driver
    this.#way = wayOf(session, candidate === 'private' ? driver.privateCandidate : undefined)
  }

  /**
   * Edits and commits all of it, or nothing.
   * @throws Unanswered when nobody knows whether it was committed; AdapterError when nothing was changed
   */
  async run(edit: Edit, withinMs: number, signal: AbortSignal): Promise<void> {
    await this.#change(edit, element('commit'), withinMs, signal)
    await this.end()
  }

  /**
   * As `run`, with a commit that is not the last word. The lock is kept, so that nobody's edit goes with what follows and
   * since some servers give none while such a commit is open (netconfd does not); `end` gives it back. @throws as `run`
   */
  async begin(edit: Edit, commit: Xml, withinMs: number, signal: AbortSignal): Promise<void> {
    await this.#change(edit, commit, withinMs, signal)
  }

  /** Commits once more under the lock of `begin`. @throws Unanswered; AdapterError */
  async commitAgain(commit: Xml, withinMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#rpc(commit, withinMs, signal)
    } catch (error) {
      throw await this.#failed(error, true)
    }
  }

  /** Gives back the lock. Waited for: netconfd was seen to leave one of two operations that arrive together unanswered. */
  async end(): Promise<void> {
    await this.#tidy([this.#way.end])
  }

  /** Commits without an edit, under the lock, so that nobody's edit goes with it. @throws as `run` */
  async commit(commit: Xml, withinMs: number, signal: AbortSignal): Promise<void> {
    await this.#begin(signal)
    await this.commitAgain(commit, withinMs, signal)
    await this.end()
  }

  /** Edits a candidate and throws it away. @returns false when there is no candidate to do so in @throws as `run` */
  async tryOut(edit: Edit, withinMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#way.target === 'running') return false
    await this.#begin(signal)
    const config = await this.#made(edit)
    try {
      await this.#rpc(this.#edit(config), withinMs, signal)
    } catch (error) {
      throw await this.#failed(error, false)
    }
    await this.#tidy(this.#discarding())
    return true
  }

  async #change(edit: Edit, commit: Xml, withinMs: number, signal: AbortSignal): Promise<void> {
    await this.#begin(signal)
    await this.changeAgain(await this.#made(edit), commit, withinMs, signal)
  }

  /** Edits and commits under the lock of `begin`. @throws as `run` */
  async changeAgain(config: Xml, commit: Xml, withinMs: number, signal: AbortSignal): Promise<void> {
    let decisive = false
    try {
      decisive = this.#way.target === 'running'
      await this.#rpc(this.#edit(config), withinMs, signal)
      if (!decisive) {
        decisive = true
        await this.#rpc(commit, withinMs, signal)
      }
    } catch (error) {
      throw await this.#failed(error, decisive)
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    try {
      await this.#rpc(this.#way.begin, LOCK_WITHIN_MS, signal)
    } catch (error) {
      if (error instanceof RpcRefusal) throw lockRefused(error, this.#driver.meanings)
      // A lock may have been given to a session that does not know it: only its end gives it back.
      throw this.#giveUp(error, false)
    }
  }

  /** Nothing was edited yet when it throws. */
  async #made(edit: Edit): Promise<Xml> {
    try {
      return await edit()
    } catch (error) {
      await this.#tidy(this.#discarding())
      throw error
    }
  }

  #edit(config: Xml): Xml {
    const atomic = offers(this.#session.hello, 'rollback-on-error')
    return element(
      'edit-config',
      {},
      element('target', {}, element(this.#way.target)),
      element('default-operation', {}, 'merge'),
      ...(atomic ? [element('error-option', {}, 'rollback-on-error')] : []),
      element('config', { 'xmlns:nc': BASE }, config),
    )
  }

  /** What is thrown when an edit or a commit did not succeed. */
  async #failed(error: unknown, decisive: boolean): Promise<unknown> {
    if (!(error instanceof RpcRefusal)) return this.#giveUp(error, decisive)
    await this.#tidy(this.#discarding())
    return refused(error, this.#driver.meanings)
  }

  /** Under the lock, and in a private candidate, everything that is not committed is ours. */
  #discarding(): readonly Xml[] {
    const { target, isPrivate, end } = this.#way
    return target === 'candidate' && !isPrivate ? [element('discard-changes'), end] : [end]
  }

  /** Ends the session, which makes the server discard and unlock (RFC 6241 §7.5, §8.3.5). */
  #giveUp(error: unknown, decisive: boolean): unknown {
    if (!(error instanceof AdapterError)) return error
    this.#session.finish(error)
    if (error instanceof Unanswered && decisive) return error
    return new AdapterError(error.class, error.message, error.code)
  }

  /** A session that cannot tidy up is ended: its end does it. */
  async #tidy(operations: readonly Xml[]): Promise<void> {
    const signal = new AbortController().signal
    try {
      await Promise.all(operations.map((operation) => this.#rpc(operation, TIDY_WITHIN_MS, signal)))
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      this.#session.finish(new AdapterError('busy', `the device would not end the transaction: ${words}`))
    }
  }

  async #rpc(operation: Xml, withinMs: number, signal: AbortSignal): Promise<void> {
    await this.#session.rpc(operation, { withinMs, signal })
  }
}

function wayOf({ hello }: NetconfSession, privateCandidate: NetconfDriver['privateCandidate']): Way {
  if (privateCandidate !== undefined && hello.capabilities.has(privateCandidate.offeredBy))
    return {
      ...{ target: 'candidate', isPrivate: true },
      ...{ begin: privateCandidate.open, end: privateCandidate.close },
    }
  const target = offers(hello, 'candidate')
    ? 'candidate'
    : offers(hello, 'writable-running')
      ? 'running'
      : undefined
  if (target === undefined)
    throw new AdapterError('unsupported', 'it announces neither a candidate nor a writable configuration')
  const datastore = element('target', {}, element(target))
  return {
    ...{ target, isPrivate: false },
    ...{ begin: element('lock', {}, datastore), end: element('unlock', {}, datastore) },
  }
}
