import type { Clock } from '../../domain/clock.ts'
import type { Logger } from '../../domain/log.ts'
import type { Source } from '../../triggers/source.ts'

/**
 * `following`: what it says is taken. `waiting`: it could be followed, and something of Cordon's own is in the way.
 * `failed`: it cannot be reached or read.
 */
export type SourceState = 'following' | 'waiting' | 'failed'

/** A record of which nothing came, and why. */
export interface Unheard {
  readonly at: number
  readonly what: string
  readonly why: string
}

/** How it is with a source. Times are milliseconds since 1970; counts are since the last start. */
export interface SourceStatus {
  readonly name: string
  readonly kind: Source['kind']
  readonly token: string
  readonly state: SourceState
  readonly since: number
  readonly why?: string
  /** Triggers that are in the ledger. */
  readonly taken: number
  /** Records and triggers that are wrong. */
  readonly refused: number
  /** Records that are about nobody of ours, or about nothing that can be blocked. */
  readonly ignored: number
  /** When something was taken, refused or ignored last. */
  readonly lastAt?: number
  /** What was refused or ignored lately, the newest last. */
  readonly lately: readonly Unheard[]
}

/** As many sentences are remembered of each source. */
const MOST_LATELY = 20

/** What one source says of itself to {@link SourceBoard}. */
export class SourceNotes {
  readonly #clock: Clock
  readonly #log: Logger
  #status: SourceStatus

  constructor(
    { name, kind, token }: Source,
    { clock, log }: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.#clock = clock
    this.#log = log
    const counts = { taken: 0, refused: 0, ignored: 0, lately: [] }
    const why = 'Cordon has just been started'
    this.#status = { name, kind, token, state: 'waiting', since: clock.now(), why, ...counts }
  }

  get status(): SourceStatus {
    return this.#status
  }

  /** Said again, it is neither logged again nor does it begin anew. */
  is(state: SourceState, why?: string): void {
    const { why: before, ...status } = this.#status
    if (status.state === state && before === why) return
    const since = status.state === state ? status.since : this.#clock.now()
    this.#status = { ...status, state, since, ...(why === undefined ? {} : { why }) }
    const fields = { source: status.name, state, ...(why === undefined ? {} : { why }) }
    if (state === 'following' && why === undefined) this.#log.info(fields, 'a source is followed')
    else this.#log.warn(fields, 'a source is in trouble')
  }

  took(count: number): void {
    if (count > 0) this.#status = { ...this.#counted(), taken: this.#status.taken + count }
  }

  refused(what: string, why: string): void {
    this.#status = { ...this.#unheard(what, why), refused: this.#status.refused + 1 }
  }

  ignored(what: string, why: string): void {
    this.#status = { ...this.#unheard(what, why), ignored: this.#status.ignored + 1 }
  }

  #counted(): SourceStatus {
    return { ...this.#status, lastAt: this.#clock.now() }
  }

  #unheard(what: string, why: string): SourceStatus {
    const lately = [...this.#status.lately, { at: this.#clock.now(), what, why }].slice(-MOST_LATELY)
    return { ...this.#counted(), lately }
  }
}

/** How it is with the sources that Cordon follows. */
export class SourceBoard {
  readonly #notes: ReadonlyMap<string, SourceNotes>

  constructor(sources: readonly Source[], parts: { readonly clock: Clock; readonly log: Logger }) {
    this.#notes = new Map(sources.map((source) => [source.name, new SourceNotes(source, parts)]))
  }

  get all(): readonly SourceStatus[] {
    return [...this.#notes.values()].map(({ status }) => status)
  }

  /** @throws Error for one that is not configured */
  of(name: string): SourceNotes {
    const notes = this.#notes.get(name)
    if (notes === undefined) throw new Error(`no source is called ${name}`)
    return notes
  }
}
