import { InputError } from '../domain/input-error.ts'

/** What is wrong with one line of a data file. Lines count from 1. */
export interface LineProblem {
  readonly line: number
  readonly message: string
}

/** After so many, a file is not what it was taken for: the others are counted only. */
export const MOST_PROBLEMS = 100

/** Collects what is wrong with the lines of one file. */
export class LineProblems {
  readonly #list: LineProblem[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** The first ones, and how many more there are. */
  get list(): readonly LineProblem[] {
    const more = this.#count - this.#list.length
    const last = this.#list.at(-1)
    if (more === 0 || last === undefined) return this.#list
    return [...this.#list, { line: last.line, message: `and ${more} more problems after this line` }]
  }

  add(line: number, message: string): void {
    this.#count += 1
    if (this.#list.length < MOST_PROBLEMS) this.#list.push({ line, message })
  }

  /** What is read from this line; `undefined`, and a problem, when it cannot be. */
  take<T>(line: number, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      this.add(line, error.path === '' ? error.message : `${error.path}: ${error.message}`)
      return undefined
    }
  }
}
