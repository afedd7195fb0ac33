import type { ToldSession } from './record.ts'

/** A session that a NAS has told of and that has not ended, as far as is known. */
export interface KnownSession extends Omit<ToldSession, 'what' | 'nas'> {
  /** Of the session among all. */
  readonly key: string
  /** The NAS by its name in the configuration; of another one what it calls itself. */
  readonly nas: string
  /** Whose it is, as rules name them. */
  readonly names: readonly string[]
  /** When it was last heard of, in milliseconds of our clock. */
  readonly heard: number
  /** Whether it was last put into quarantine by us. */
  readonly quarantined: boolean
}

/** Of sessions that have ended so many are remembered, so that an older word of them that comes late is known as such. */
const MOST_ENDED = 10_000

export function keyOf(nas: string, id: string): string {
  return `${nas} ${id}`
}

/** Sessions by what accounting says of them (RFC 2866), in any order and any number of times. */
export class SessionBook {
  readonly #most: number
  readonly #sessions = new Map<string, KnownSession>()
  readonly #byName = new Map<string, Set<string>>()
  /** When sessions ended, by the NAS's clock, the longest ago first. */
  readonly #ended = new Map<string, number>()

  /** @param most sessions; the one that was not heard of for longest makes room */
  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#sessions.size
  }

  get(key: string): KnownSession | undefined {
    return this.#sessions.get(key)
  }

  all(): IterableIterator<KnownSession> {
    return this.#sessions.values()
  }

  /** Sessions of an account or a station. */
  of(name: string): KnownSession[] {
    return [...(this.#byName.get(name) ?? [])].flatMap((key) => this.#sessions.get(key) ?? [])
  }

  /**
   * Takes in that it goes on. One that is known keeps what the newer word leaves out.
   * @returns it, as it is known now; undefined where it had ended by then. `dropped`: what had to make room
   */
  alive(session: Omit<KnownSession, 'quarantined'>): { session?: KnownSession; dropped?: KnownSession } {
    const { key, at } = session
    const ended = this.#ended.get(key)
    if (ended !== undefined && at <= ended) return {}
    const before = this.#sessions.get(key)
    // A repeated or overtaken word says nothing new, but that it was heard.
    const known = {
      ...before,
      ...(before !== undefined && at < before.at ? before : session),
      heard: session.heard,
    }
    const next: KnownSession = { quarantined: false, ...known }
    this.#ended.delete(key)
    this.#put(next)
    const dropped = this.#sessions.size > this.#most ? this.#oldest() : undefined
    if (dropped !== undefined) this.#remove(dropped)
    return { session: next, ...(dropped === undefined ? {} : { dropped }) }
  }

  /** @param at of its end; left out, when it was last told of. @returns it, if it was known */
  ended(key: string, at?: number): KnownSession | undefined {
    const known = this.#sessions.get(key)
    // An end that is older than a session with the same id is that of another one before it.
    if (known !== undefined && at !== undefined && at < known.at) return undefined
    const when = at ?? known?.at
    if (when !== undefined) this.#noteEnd(key, when)
    if (known !== undefined) this.#remove(known)
    return known
  }

  /** All of one NAS, as it has restarted. A session that began since is not among them. @returns them */
  restarted(nas: string, at: number): readonly KnownSession[] {
    const gone = [...this.#sessions.values()].filter((session) => session.nas === nas && session.at <= at)
    for (const { key } of gone) this.ended(key, at)
    return gone
  }

  /** Those that were heard of before. @returns them */
  forget(before: number): readonly KnownSession[] {
    const old: KnownSession[] = []
    for (const session of this.#sessions.values()) {
      if (session.heard >= before) break
      old.push(session)
    }
    for (const session of old) this.#remove(session)
    return old
  }

  /** @returns it, as it is known now */
  quarantine(key: string, quarantined: boolean): KnownSession | undefined {
    const known = this.#sessions.get(key)
    if (known === undefined) return undefined
    const next = { ...known, quarantined }
    this.#put(next)
    return next
  }

  #put(session: KnownSession): void {
    const before = this.#sessions.get(session.key)
    if (before !== undefined) this.#remove(before)
    // Behind all others: they stand in the order in which they were heard of.
    this.#sessions.set(session.key, session)
    for (const name of session.names) {
      const keys = this.#byName.get(name) ?? new Set()
      this.#byName.set(name, keys.add(session.key))
    }
  }

  #remove({ key, names }: KnownSession): void {
    this.#sessions.delete(key)
    for (const name of names) {
      const keys = this.#byName.get(name)
      keys?.delete(key)
      if (keys?.size === 0) this.#byName.delete(name)
    }
  }

  #oldest(): KnownSession | undefined {
    return this.#sessions.values().next().value
  }

  #noteEnd(key: string, at: number): void {
    this.#ended.delete(key)
    this.#ended.set(key, at)
    if (this.#ended.size <= MOST_ENDED) return
    const [oldest] = this.#ended.keys()
    if (oldest !== undefined) this.#ended.delete(oldest)
  }
}
