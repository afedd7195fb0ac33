import { type FSWatcher, watch } from 'node:fs'
import { access, mkdir, opendir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, sleep } from '../domain/clock.ts'
import { InputError } from '../domain/input-error.ts'
import type { Logger } from '../domain/log.ts'

export interface SpoolOptions {
  /** Whole records appear in its `incoming/` by renaming, a file of JSON each, as Warden's filer puts them there. */
  readonly folder: string
  /**
   * Is given one record at a time, the oldest first, and may be given one again. `taken`: it is durable, and its file goes.
   * `refused`, or an InputError, which says why: it is put aside. `later`: the same one is tried again.
   */
  take(record: unknown): Promise<'taken' | 'refused' | 'later'>
  /** Is told why the folder cannot be read, and `undefined` when it can be again. */
  trouble?(why: string | undefined): void
  /** Is told of each record that is put aside. */
  putAside?(file: string, why: string): void
  readonly clock: Clock
  readonly log: Logger
}

/** A folder that is followed until it is closed. */
export interface Spool {
  /** Resolves when the record in hand has been dealt with; nothing is touched afterwards. */
  close(): Promise<void>
}

/** Names of as many files are kept at a time; the folder may have any number. */
const MOST_NAMES = 10_000
/** A file with more bytes is no detection. */
const MOST_BYTES = 1 << 20
/** Changes are told by the kernel; now and then it is looked whether something was missed. */
const POLL_MS = 10_000
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [1_000, 60_000]
/** A record with which `take` itself fails so often is put aside, as others wait behind it. */
const MOST_FAILURES = 5

/** Follows the folder, making what it lacks. What was in hand when a process died is taken up first. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  for (const name of ['incoming', 'temp', 'errors'])
    await mkdir(join(options.folder, name), { recursive: true })
  return new FollowedSpool(options)
}

/** Why a record was not taken, and whether it will never be. */
interface Failure {
  readonly why: string
  readonly final: boolean
}

class FollowedSpool implements Spool {
  readonly #options: SpoolOptions
  readonly #closing = new AbortController()
  readonly #watcher: FSWatcher | undefined
  readonly #ended: Promise<void>
  /** Something may have come since the folder was last read. */
  #changed = true
  #wake: () => void = () => {}

  constructor(options: SpoolOptions) {
    this.#options = options
    this.#watcher = this.#watch()
    this.#ended = this.#follow()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#watcher?.close()
    this.#wake()
    await this.#ended
  }

  /** Where the kernel has no watch to give, polling has to do. */
  #watch(): FSWatcher | undefined {
    const unwatched = (error: unknown): undefined => {
      this.#options.log.warn({ error: wordsOf(error), everyMs: POLL_MS }, 'spool is polled, not watched')
    }
    try {
      return watch(this.#place('incoming'), () => this.#notice()).on('error', unwatched)
    } catch (error) {
      return unwatched(error)
    }
  }

  #place(...names: readonly string[]): string {
    return join(this.#options.folder, ...names)
  }

  #notice(): void {
    this.#changed = true
    this.#wake()
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  async #follow(): Promise<void> {
    const { clock, log } = this.#options
    while (!this.#isClosed) {
      try {
        await this.#empty('temp')
        this.#changed = false
        const found = await this.#empty('incoming')
        this.#options.trouble?.(undefined)
        if (!found) await this.#rest()
      } catch (error) {
        log.error({ error: wordsOf(error) }, 'spool cannot be read')
        this.#options.trouble?.(wordsOf(error))
        await sleep(clock, LONGEST_WAIT_MS, this.#closing.signal)
      }
    }
  }

  /** Until something comes, or it is time to look. */
  async #rest(): Promise<void> {
    if (this.#changed || this.#isClosed) return
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(POLL_MS, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
    this.#wake = () => {}
  }

  /** Deals with the oldest files there; tells whether there were any. */
  async #empty(from: 'temp' | 'incoming'): Promise<boolean> {
    const names = await oldestFiles(this.#place(from), MOST_NAMES)
    for (const name of names) {
      if (this.#isClosed) break
      if (from === 'temp' || (await moved(this.#place(from, name), this.#place('temp', name))))
        await this.#deal(name)
    }
    return names.length > 0
  }

  /** Deals with a file in `temp`. */
  async #deal(name: string): Promise<void> {
    const record = await recordIn(this.#place('temp', name))
    if (record === undefined) return
    if ('why' in record) return this.#putAside(name, record.why)
    let failures = 0
    for (let wait = FIRST_WAIT_MS; !this.#isClosed; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      const outcome = await this.#offer(name, record.value)
      if (outcome === 'taken') return rm(this.#place('temp', name), { force: true })
      if (outcome !== 'later') {
        failures += 1
        if (outcome.final || failures === MOST_FAILURES) return this.#putAside(name, outcome.why)
      }
      await sleep(this.#options.clock, wait, this.#closing.signal)
    }
  }

  async #offer(file: string, record: unknown): Promise<'taken' | 'later' | Failure> {
    try {
      const outcome = await this.#options.take(record)
      return outcome === 'refused' ? { why: 'the record was refused', final: true } : outcome
    } catch (error) {
      if (error instanceof InputError)
        return { why: error.path === '' ? error.message : `${error.path}: ${error.message}`, final: true }
      const why = `it could not be dealt with: ${wordsOf(error)}`
      this.#options.log.error({ file, error: why }, 'spool could not hand over a record')
      return { why, final: false }
    }
  }

  /** Into `errors`, with the reason beside it, which is there first. */
  async #putAside(name: string, why: string): Promise<void> {
    const { clock, log } = this.#options
    const isTaken = await access(this.#place('errors', name)).then(
      () => true,
      () => false,
    )
    const kept = isTaken ? `${name}.${clock.now()}` : name
    await writeFile(this.#place('errors', `${kept}.why`), `${why}\n`)
    await rename(this.#place('temp', name), this.#place('errors', kept))
    log.warn({ file: kept }, 'spool has put a record aside')
    this.#options.putAside?.(kept, why)
  }
}

/** The names of the oldest files of a folder, by the time of their last change; no others are remembered. */
export async function oldestFiles(folder: string, most: number): Promise<string[]> {
  let kept: { readonly name: string; readonly time: number }[] = []
  const cut = (): void => {
    kept = kept.sort((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1)).slice(0, most)
  }
  for await (const entry of await opendir(folder, { bufferSize: 1_000 })) {
    // What begins with a dot is not finished, or nobody's.
    if (!entry.isFile() || entry.name.startsWith('.')) continue
    const time = await stat(join(folder, entry.name)).then(({ mtimeMs }) => mtimeMs, unlessMissing)
    if (time !== undefined) kept.push({ name: entry.name, time })
    if (kept.length >= 2 * most) cut()
  }
  cut()
  return kept.map(({ name }) => name)
}

/** Whether it was there to be moved. */
function moved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    (error: unknown) => {
      unlessMissing(error)
      return false
    },
  )
}

/** What a file holds, or why that is no record; nothing where there is no file any more. */
async function recordIn(
  path: string,
): Promise<{ readonly value: unknown } | { readonly why: string } | undefined> {
  const size = await stat(path).then((found) => found.size, unlessMissing)
  if (size === undefined) return undefined
  if (size > MOST_BYTES) return { why: `it has ${size} bytes; a record has ${MOST_BYTES} at the most` }
  const text = await readFile(path, 'utf8')
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    return { why: `it is no JSON: ${wordsOf(error)}` }
  }
}

/** Somebody else has taken the file away: there is nothing to be done about it. */
function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
