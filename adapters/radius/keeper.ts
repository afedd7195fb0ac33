import { type Clock, sleep } from '../../src/domain/clock.ts'
import { AdapterError, type DeviceChange } from '../adapter.ts'
import type { KnownSession, SessionBook } from './book.ts'
import type { Deed, Nas } from './nas.ts'
import { Pace } from './pace.ts'
import { Tasks } from './tasks.ts'
import type { Wants } from './wants.ts'

export interface KeeperOptions {
  readonly book: SessionBook
  readonly wants: Wants
  readonly nas: ReadonlyMap<string, Nas>
  /** Milliseconds until what has failed is tried again, and who tells of no sessions is asked again. */
  readonly interval: number
  readonly clock: Clock
  /** A session is known in another way now, or not any more. */
  readonly changed: (key: string, session: KnownSession | undefined) => void
  readonly tell: (change: Extract<DeviceChange, { type: 'status' | 'resync' }>) => void
}

/** Keys of {@link Tasks} for who is asked by name begin with this, which no key of a session does. */
const BY_NAME = '\n'

/** Brings every session to where it is wanted, and keeps it there. */
export class Keeper {
  readonly #options: KeeperOptions
  readonly #tasks: Tasks
  readonly #pace: Pace
  readonly #closing = new AbortController()
  /** Sessions that a NAS has said are over, and that may be told of again by mistake. */
  readonly #said = new Set<string>()
  /** Sessions that were told of after the NAS had said that they are over: they count until it tells of their end. */
  readonly #doubted = new Set<string>()
  readonly #troubles = new Map<string, string>()
  /** What ends the wait of a session that is ended more slowly. */
  readonly #pausing = new Map<string, AbortController>()
  /** While somebody waits for the outcome, the engine need not be told to look. */
  #waiting = 0

  constructor(options: KeeperOptions) {
    this.#options = options
    const { clock, interval } = options
    this.#pace = new Pace(clock)
    this.#tasks = new Tasks({
      ...{ clock, interval, run: (key) => this.#run(key) },
      failed: (before, failure) => this.#failed(before, failure),
    })
    void this.#askAgain()
  }

  /** Brings all sessions of these to where they are wanted. Resolves when that is done, or has failed. */
  async settle(names: readonly string[], signal: AbortSignal): Promise<void> {
    this.#waiting += 1
    const all = names.flatMap((name) => this.#keysOf(name).map((key) => this.#doNow(name, key)))
    try {
      await unlessAborted(Promise.all(all), [signal, this.#closing.signal])
    } finally {
      this.#waiting -= 1
    }
  }

  /** Who is let go does not wait, nor does anybody because of others, such as an account because of its station. */
  #doNow(name: string, key: string): Promise<void> {
    if (this.#options.wants.isLeaving(name) || !this.#pace.isSlowed(name)) this.#pausing.get(key)?.abort()
    return this.#tasks.do(key)
  }

  /** Why this is not so yet: what has failed, and of how many; undefined when everything of theirs is as it is wanted. */
  lackOf(name: string): { readonly failure: AdapterError | undefined; readonly open: number } | undefined {
    const open = this.#keysOf(name).filter((key) => this.#isOpen(key))
    if (open.length === 0) return undefined
    const failure = open.map((key) => this.#tasks.failureOf(key)).find((one) => one !== undefined)
    return { failure, open: open.length }
  }

  /** Takes in that a session was told of. */
  see(session: KnownSession): void {
    const { key } = session
    if (this.#said.has(key)) {
      this.#doubted.add(key)
      this.#said.delete(key)
    }
    if (this.#deedFor(session) !== undefined) void this.#tasks.do(key)
    this.#disobeyed()
  }

  /** Takes in that accounting says that a session is over. */
  over(key: string): void {
    this.#said.delete(key)
    this.#doubted.delete(key)
    void this.#tasks.do(key)
    this.#disobeyed()
  }

  /** Nothing of theirs is slowed down any more. */
  forget(name: string): void {
    this.#pace.forget(name)
  }

  close(): void {
    this.#closing.abort()
    this.#tasks.close()
  }

  /** Of what is known of theirs, and of who has to be asked. */
  #keysOf(name: string): readonly string[] {
    const { book, wants, nas } = this.#options
    const sessions = wants.allOf(name).flatMap((one) => book.of(one).map(({ key }) => key))
    const asked = [...nas.values()]
      .filter(({ byName }) => byName)
      .map((one) => `${BY_NAME}${one.name} ${name}`)
    return [...new Set([...sessions, ...asked])]
  }

  #isOpen(key: string): boolean {
    if (key.startsWith(BY_NAME)) return this.#tasks.failureOf(key) !== undefined
    const session = this.#options.book.get(key)
    return session !== undefined && this.#deedFor(session) !== undefined
  }

  #deedFor({ names, quarantined }: KnownSession): Deed | undefined {
    const want = this.#options.wants.of(names)
    if (want === 'end') return 'end'
    if (want === 'quarantine') return quarantined ? undefined : 'quarantine'
    return quarantined ? 'release' : undefined
  }

  #run(key: string): Promise<void> {
    return key.startsWith(BY_NAME) ? this.#askByName(key.slice(BY_NAME.length)) : this.#bring(key)
  }

  async #bring(key: string): Promise<void> {
    const { book, nas } = this.#options
    for (let isDue = false; ; isDue = !isDue) {
      const session = book.get(key)
      const deed = session === undefined ? undefined : this.#deedFor(session)
      if (session === undefined || deed === undefined) return
      const at = nas.get(session.nas)
      if (at === undefined)
        throw new AdapterError(
          'rejected',
          `a session is at ${session.nas}, which is not among nas`,
          'unknown-nas',
        )
      // After a pause something else may be wanted.
      if (!isDue) {
        await this.#keepPace(session, deed)
        continue
      }
      const done = await at.ask(deed, session)
      if (done === 'changed') this.#options.changed(key, book.quarantine(key, deed === 'quarantine'))
      else if (done === 'ended' && this.#doubted.has(key))
        throw new AdapterError(
          'rejected',
          `${at.name} says again that a session is over, and had gone on with it`,
        )
      else this.#end(key, done === 'ended')
    }
  }

  #end(key: string, isSaid: boolean): void {
    this.#options.book.ended(key)
    this.#options.changed(key, undefined)
    this.#doubted.delete(key)
    if (!isSaid) return
    this.#said.add(key)
    if (this.#said.size <= MOST_SAID) return
    const [first] = this.#said
    if (first !== undefined) this.#said.delete(first)
  }

  async #askByName(text: string): Promise<void> {
    const { wants, nas } = this.#options
    const [asked = '', name = ''] = text.split(' ')
    const kept = wants.get(name)
    if (kept === undefined) return
    const isQuarantine = kept.rule.action.do === 'quarantine'
    // Whoever is ended keeps nothing that would have to be given back.
    if (wants.isLeaving(name) && !isQuarantine) return
    const deed = wants.isLeaving(name) ? 'release' : isQuarantine ? 'quarantine' : 'end'
    await nas.get(asked)?.askByName(deed, name)
  }

  /** Who comes back at once is ended at once, but not for ever. */
  async #keepPace({ key, names }: KnownSession, deed: Deed): Promise<void> {
    if (deed === 'release') return
    const waits = this.#options.wants.ownersOf(names).map((name) => this.#pace.next(name))
    const wait = waits.length === 0 ? 0 : Math.min(...waits)
    this.#reconnects()
    if (wait === 0) return
    const pause = new AbortController()
    this.#pausing.set(key, pause)
    await sleep(this.#options.clock, wait, AbortSignal.any([pause.signal, this.#closing.signal]))
    this.#pausing.delete(key)
  }

  async #askAgain(): Promise<void> {
    const { clock, interval, wants } = this.#options
    const { signal } = this.#closing
    for (;;) {
      await sleep(clock, interval, signal)
      if (signal.aborted) return
      this.#reconnects()
      const keys = wants.names.flatMap((name) => this.#keysOf(name).filter((key) => key.startsWith(BY_NAME)))
      await unlessAborted(Promise.all(keys.map((key) => this.#tasks.do(key))), [signal])
    }
  }

  #reconnects(): void {
    const { slowed } = this.#pace
    const words = `${slowed} accounts or stations come back at once whenever they are put off`
    this.#trouble('reconnects', slowed === 0 ? undefined : words)
  }

  /** @param before why it had failed the time before, if it had */
  #failed(before: AdapterError | undefined, failure: AdapterError | undefined): void {
    const { failures } = this.#tasks
    const words = (classes: readonly AdapterError['class'][], are: boolean): string | undefined =>
      [
        ...new Set(
          failures.filter((one) => classes.includes(one.class) === are).map(({ message }) => message),
        ),
      ]
        .slice(0, MOST_WORDS)
        .join('; ') || undefined
    this.#trouble('nas-silent', words(SILENT, true))
    this.#trouble('nas-refuses', words(SILENT, false))
    if (this.#waiting > 0 || (before === undefined) === (failure === undefined)) return
    const what =
      failure === undefined ? 'a NAS has done what it had not' : 'a NAS does not do what it is asked'
    this.#options.tell({ type: 'resync', words: what })
  }

  #disobeyed(): void {
    const { size } = this.#doubted
    this.#trouble(
      'nas-disobeys',
      size === 0 ? undefined : `${size} sessions go on that a NAS had said are over`,
    )
  }

  /** Tells what is new. @param words undefined when it is over */
  #trouble(code: string, words: string | undefined): void {
    if (this.#troubles.get(code) === words) return
    if (words === undefined) this.#troubles.delete(code)
    else this.#troubles.set(code, words)
    this.#options.tell({ type: 'status', code, ok: words === undefined, words: words ?? 'it is over' })
  }
}

const SILENT: readonly AdapterError['class'][] = ['timeout', 'unreachable']
const MOST_WORDS = 5
const MOST_SAID = 10_000

/** Resolves when the work is done, or nobody waits for it any more. */
function unlessAborted(work: Promise<unknown>, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', done)
      resolve()
    }
    for (const signal of signals) signal.addEventListener('abort', done)
    if (signals.some(({ aborted }) => aborted)) done()
    work.then(done, done)
  })
}
