import { InputError } from '../domain/input-error.ts'
import type { ConfigFile } from './schema.ts'
import type { Problem, YamlFile } from './yaml-file.ts'

export type Path = readonly (string | number)[]

/** Collects every problem of a configuration instead of stopping at the first. */
export class Problems {
  readonly list: Problem[] = []
  readonly #file: YamlFile<ConfigFile>

  constructor(file: YamlFile<ConfigFile>) {
    this.#file = file
  }

  add(path: Path, words: string): void {
    this.list.push(this.#file.problem(path, words))
  }

  /** What is read there; a value that cannot be is a problem, and `undefined`. */
  take<T>(path: Path, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      this.add(path, error.message)
      return undefined
    }
  }

  refuseDoubles(path: Path, entries: readonly { name: string }[]): void {
    const seen = new Set<string>()
    for (const [index, { name }] of entries.entries()) {
      if (seen.has(name)) this.add([...path, index, 'name'], `'${name}' is there twice`)
      seen.add(name)
    }
  }
}
