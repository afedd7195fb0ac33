import { sleep } from '../../domain/clock.ts'
import { InputError } from '../../domain/input-error.ts'
import type { SpoolSource } from '../../triggers/source.ts'
import { openSpool, type Spool } from '../../triggers/spool.ts'
import type { AppError } from '../app-error.ts'
import type { App } from '../context.ts'
import { takeRecords } from '../take-records.ts'
import type { SourceNotes } from './board.ts'
import { whyLater } from './passing.ts'
import { sourceCaller } from './source-caller.ts'

/** How often it is looked whether what was in the way is gone. */
const LOOK_MS = 10_000

/** Takes the records of a folder until it is aborted; resolves when the one in hand has been dealt with. */
export async function followSpool(app: App, source: SpoolSource, signal: AbortSignal): Promise<void> {
  const follower = new SpoolFollower(app, source)
  while (!signal.aborted) {
    await follower.open()
    follower.tell()
    await sleep(app.clock, LOOK_MS, signal)
  }
  await follower.close()
}

class SpoolFollower {
  readonly #app: App
  readonly #source: SpoolSource
  readonly #notes: SourceNotes
  #spool: Spool | undefined
  /** What is wrong with the folder, and why the record in hand waits. */
  #unread: string | undefined
  #later: string | undefined

  constructor(app: App, source: SpoolSource) {
    this.#app = app
    this.#source = source
    this.#notes = app.sources.of(source.name)
  }

  async open(): Promise<void> {
    if (this.#spool !== undefined) return
    const { clock, log } = this.#app
    try {
      this.#spool = await openSpool({
        folder: this.#source.folder,
        take: (record) => this.#take(record),
        trouble: (why) => {
          this.#unread = why
          this.tell()
        },
        putAside: (file, why) => this.#notes.refused(file, why),
        ...{ clock, log },
      })
      this.#unread = undefined
    } catch (error) {
      this.#unread = error instanceof Error ? error.message : String(error)
    }
  }

  close(): Promise<void> {
    return this.#spool?.close() ?? Promise.resolve()
  }

  tell(): void {
    const caller = sourceCaller(this.#app, this.#source.token)
    if (this.#unread !== undefined) this.#notes.is('failed', this.#unread)
    else if ('why' in caller) this.#notes.is('waiting', caller.why)
    else if (this.#later !== undefined) this.#notes.is('waiting', this.#later)
    else this.#notes.is('following')
  }

  async #take(record: unknown): Promise<'taken' | 'later'> {
    this.#later = await this.#whyLater(record)
    this.tell()
    return this.#later === undefined ? 'taken' : 'later'
  }

  /** @throws InputError for a record of which nothing is right */
  async #whyLater(record: unknown): Promise<string | undefined> {
    const found = sourceCaller(this.#app, this.#source.token)
    if ('why' in found) return found.why
    try {
      const taken = await takeRecords(this.#app, found.caller, this.#source.format, [record])
      const errors = taken.items.flatMap((item) => (item.ok ? [] : [item.error]))
      const later = errors.map(whyLater).find((why) => why !== undefined)
      if (later !== undefined) return later
      this.#note(taken.items.length - errors.length, errors, taken.ignored)
      return undefined
    } catch (error) {
      const later = whyLater(error)
      if (later === undefined) throw error
      return later
    }
  }

  /** Of a record of which something is right, what is wrong is said and the rest counts. */
  #note(
    count: number,
    errors: readonly AppError[],
    ignored: readonly { readonly what: string; readonly why: string }[],
  ): void {
    const words = [...new Set(errors.map(({ message }) => message))].join('; ')
    if (count === 0 && errors.length > 0) throw new InputError('refused', words)
    this.#notes.took(count)
    for (const { what, why } of ignored) this.#notes.ignored(what, why)
    if (errors.length > 0) this.#notes.refused(`${errors.length} of the triggers of a record`, words)
  }
}
