import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Clock } from '../../src/domain/clock.ts'
import { comingInTurns, inTurns } from '../../src/domain/in-turns.ts'
import type { KnownSession } from './book.ts'

const sessionSchema = Type.Object(
  {
    ...{ key: Type.String(), nas: Type.String(), id: Type.String() },
    ...{ names: Type.Array(Type.String()), at: Type.Number(), heard: Type.Number() },
    quarantined: Type.Boolean(),
    user: Type.Optional(Type.String()),
    station: Type.Optional(Type.String()),
    cui: Type.Optional(Type.String()),
    address: Type.Optional(Type.String()),
    port: Type.Optional(Type.Number()),
  },
  { additionalProperties: false },
)

const entrySchema = Type.Union([
  Type.Object({ put: sessionSchema }, { additionalProperties: false }),
  Type.Object({ end: Type.String() }, { additionalProperties: false }),
])

type Entry = Static<typeof entrySchema>

const FILE = 'sessions.jsonl'
/** What is noted is written together after so many milliseconds. */
const EVERY = 200
/** Lines that may be out of date before the file is written anew, beside as many as there are sessions. */
const SPARE = 1_000

export interface JournalEnv {
  readonly folder: string
  readonly clock: Clock
  /** What is known, to be written anew. */
  readonly sessions: () => Iterable<KnownSession>
  /** Nothing is kept any more, or is again: why not, or undefined. */
  readonly onTrouble: (words: string | undefined) => void
}

/**
 * Sessions on disk, a line each change, so that who is on is known after a restart, too. Its loss costs no more than to wait
 * for the next word of each session, so nothing waits for the disk.
 */
export class Journal {
  readonly #env: JournalEnv
  readonly #path: string
  #file: FileHandle | undefined
  #lines = 0
  #waiting: string[] = []
  #writing: Promise<void> = Promise.resolve()
  #cancel: (() => void) | undefined
  #closed = false

  private constructor(env: JournalEnv) {
    this.#env = env
    this.#path = join(env.folder, FILE)
  }

  /** @returns it, what it holds, and how many of its lines nobody understands. @throws as files do */
  static async open(env: JournalEnv): Promise<{
    readonly journal: Journal
    readonly held: readonly KnownSession[]
    readonly damaged: number
  }> {
    await mkdir(env.folder, { recursive: true, mode: 0o700 })
    const journal = new Journal(env)
    journal.#file = await open(journal.#path, 'a', 0o600)
    return { journal, ...(await journal.#read()) }
  }

  put(session: KnownSession): void {
    this.#note({ put: session as Static<typeof sessionSchema> })
  }

  end(key: string): void {
    this.#note({ end: key })
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    this.#write()
    await this.#writing
    await this.#file?.close()
    this.#file = undefined
  }

  #note(entry: Entry): void {
    this.#waiting.push(JSON.stringify(entry))
    this.#cancel ??= this.#env.clock.after(EVERY, () => this.#write())
  }

  #write(): void {
    this.#cancel = undefined
    this.#writing = this.#writing
      .then(() => this.#writeAll())
      .then(
        () => this.#env.onTrouble(undefined),
        (error: unknown) => this.#env.onTrouble(`sessions are not kept: ${String(error)}`),
      )
  }

  async #writeAll(): Promise<void> {
    const lines = this.#waiting
    this.#waiting = []
    if (lines.length > 0) await this.#file?.appendFile(`${lines.join('\n')}\n`)
    this.#lines += lines.length
    const sessions = [...this.#env.sessions()]
    if (!this.#closed && this.#lines > 2 * sessions.length + SPARE) await this.#anew(sessions)
  }

  /** Beside the old file, and in its place at once. What is noted meanwhile comes behind. */
  async #anew(sessions: readonly KnownSession[]): Promise<void> {
    const lines = await inTurns(
      this.#env.clock,
      sessions,
      (session) => `${JSON.stringify({ put: session })}\n`,
    )
    const fresh = await open(`${this.#path}.new`, 'w', 0o600)
    try {
      await fresh.writeFile(lines.join(''))
      await rename(`${this.#path}.new`, this.#path)
    } catch (error) {
      await fresh.close()
      throw error
    }
    await this.#file?.close()
    this.#file = fresh
    this.#lines = lines.length
  }

  async #read(): Promise<{ held: readonly KnownSession[]; damaged: number }> {
    const held = new Map<string, KnownSession>()
    let damaged = 0
    const lines = createInterface({
      input: createReadStream(this.#path, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })
    for await (const line of comingInTurns(this.#env.clock, lines)) {
      this.#lines += 1
      const entry = entryIn(line)
      if (entry === undefined) damaged += 1
      else if ('end' in entry) held.delete(entry.end)
      else {
        held.delete(entry.put.key)
        held.set(entry.put.key, entry.put as KnownSession)
      }
    }
    // A line without its end, which a crash left, would swallow the next one.
    if (damaged > 0) this.#waiting.push('')
    return { held: [...held.values()], damaged }
  }
}

function entryIn(line: string): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return Value.Check(entrySchema, entry) ? entry : undefined
  } catch {
    return undefined
  }
}
