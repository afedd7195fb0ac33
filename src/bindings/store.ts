import type { Feed, Taken } from '../inventory/binding-book.ts'
import { BindingsDamaged, bindingBytes, bindingsOfBytes } from '../inventory/binding-bytes.ts'
import { BindingColumns } from '../inventory/binding-columns.ts'
import { readBindings } from '../inventory/binding-files.ts'
import { settledBindings } from '../inventory/binding-spells.ts'
import { type Bindings, bindingsFrom, bindingsSince, bindingsWith } from '../inventory/bindings.ts'
import type { Files } from '../ledger/files.ts'

/** Files from which a start has to read. */
const MOST_FILES = 32
const ENDING = '.bindings'
const UNFINISHED = 'unfinished'

/**
 * All bindings of a site, in memory and in files: each feed is a file of its own, on disk before it counts, and once
 * there are many they become one. What ended longer than `keep` milliseconds ago is gone from both.
 */
export class BindingStore {
  readonly #files: Files
  readonly #keep: number
  #bindings: Bindings
  #names: string[]

  private constructor(files: Files, keep: number, bindings: Bindings, names: string[]) {
    this.#files = files
    this.#keep = keep
    this.#bindings = bindings
    this.#names = names
  }

  /** @param keep milliseconds @throws BindingsDamaged with the name of the file */
  static async open(files: Files, keep: number, now: number): Promise<BindingStore> {
    await files.remove(UNFINISHED)
    const names = (await files.list()).filter((name) => name.endsWith(ENDING)).sort()
    const rows = new BindingColumns()
    for (const name of names) rows.append(await readFile(files, name))
    const store = new BindingStore(files, keep, settledBindings(bindingsFrom(rows)), names)
    await store.forget(now)
    return store
  }

  get bindings(): Bindings {
    return this.#bindings
  }

  /** Reads a feed and lets it count; on disk when it resolves. */
  async take({ text, format, source, takeRest }: Feed, now: number): Promise<Taken> {
    const { bindings, passedOver, problems } = readBindings(text, format, { source, takeRest })
    const taken = takeRest || problems.length === 0
    if (bindings.size > 0) {
      const known = bindingsSince(bindingsFrom(bindings), now - this.#keep)
      await this.#write(known)
      this.#bindings = settledBindings(bindingsWith(this.#bindings, known.rows))
      if (this.#names.length > MOST_FILES) await this.#writeAsOne()
    }
    return { bindings: bindings.size, passedOver, problems, taken }
  }

  /** Drops what ended too long ago, from memory and from disk. @returns whether there was any */
  async forget(now: number): Promise<boolean> {
    const since = bindingsSince(this.#bindings, now - this.#keep)
    if (since.size === this.#bindings.size) return false
    this.#bindings = since
    await this.#writeAsOne()
    return true
  }

  async #writeAsOne(): Promise<void> {
    const before = this.#names
    await this.#write(this.#bindings)
    // Whoever is ended in between finds both, which say the same.
    for (const name of before) await this.#files.remove(name)
    this.#names = this.#names.filter((name) => !before.includes(name))
  }

  async #write({ rows }: Bindings): Promise<void> {
    const last = Number.parseInt(this.#names.at(-1) ?? '0', 10)
    const name = `${String(last + 1).padStart(8, '0')}${ENDING}`
    await this.#files.remove(UNFINISHED)
    const file = await this.#files.open(UNFINISHED)
    try {
      await file.write(bindingBytes(rows), 0)
    } finally {
      await file.close()
    }
    await this.#files.replace(UNFINISHED, name)
    this.#names = [...this.#names, name]
  }
}

async function readFile(files: Files, name: string): Promise<BindingColumns> {
  const file = await files.open(name)
  try {
    return bindingsOfBytes(await file.read(0, await file.size()))
  } catch (error) {
    if (!(error instanceof BindingsDamaged)) throw error
    throw new BindingsDamaged(`${name}: ${error.message}; take it away and import again what was in it`)
  } finally {
    await file.close()
  }
}
