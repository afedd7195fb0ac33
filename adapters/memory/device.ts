import type { Rule } from '../../src/domain/rule.ts'

/** What a memory device holds. It outlives every session, as a router does. */
export class MemoryDevice {
  readonly rules = new Map<string, Rule>()
  /** Entries of others, by a name of theirs. */
  readonly foreign = new Map<string, string>()
  readonly #sessions = new Set<(words: string) => void>()

  /** Ends every session, as a router does that restarts. */
  cut(words: string): void {
    for (const end of [...this.#sessions]) end(words)
  }

  /** Registers a session's end; the returned function takes it back. */
  attach(end: (words: string) => void): () => void {
    this.#sessions.add(end)
    return () => this.#sessions.delete(end)
  }
}
