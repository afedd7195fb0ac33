import { InputError } from '../domain/input-error.ts'
import { type Problem, problemAt, type YamlFile } from './yaml-file.ts'

export type Path = readonly (string | number)[]

/** Collects every problem of a file and of those that it names instead of stopping at the first. */
export class Problems {
  readonly list: Problem[] = []
  readonly #file: Pick<YamlFile<unknown>, 'problem'>

  constructor(file: Pick<YamlFile<unknown>, 'problem'>) {
    this.#file = file
  }

  add(path: Path, words: string): void {
    this.list.push(this.#file.problem(path, words))
  }

  /** A problem at a line of another file. */
  addAt(file: string, line: number, message: string): void {
    this.list.push(problemAt(file, line, message))
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

  /** A name that is not among the known ones. */
  requireKnown(path: Path, what: string, name: string, known: Iterable<string>): void {
    const names = [...known]
    if (names.includes(name)) return
    this.add(path, `there is no ${what} '${name}'; known are ${names.join(', ') || 'none'}`)
  }

  refuseDoubles(path: Path, entries: readonly { name: string }[]): void {
    const seen = new Set<string>()
    for (const [index, { name }] of entries.entries()) {
      if (seen.has(name)) this.add([...path, index, 'name'], `'${name}' is there twice`)
      seen.add(name)
    }
  }
}
