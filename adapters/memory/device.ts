import type { Rule } from '../../src/domain/rule.ts'
import type { Position } from '../switching/panel.ts'

/** What a memory device holds. It outlives every session, as a router does. */
export class MemoryDevice {
  readonly rules = new Map<string, Rule>()
  /** Entries of others, by a name of theirs. */
  readonly foreign = new Map<string, string>()
  /** What its rules have dropped, by key, where it is told to count. */
  readonly hits = new Map<string, { readonly packets: number; readonly bytes: number }>()
  /** Where its interfaces and neighbours stand, by the key of the rule that would put each down. */
  readonly switches = new Map<string, Position>()
  readonly #sessions = new Set<(words: string) => void>()
  readonly #watchers = new Set<() => void>()

  /** As a person at the device does, who asks nobody. */
  turn(key: string, to: Position): void {
    this.switches.set(key, to)
    for (const changed of [...this.#watchers]) changed()
  }

  /** Tells of what others turn; the returned function ends that. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed)
    return () => this.#watchers.delete(changed)
  }

  /** As if so much had met the rule. */
  hit(key: string, packets: number, bytes: number): void {
    const before = this.hits.get(key) ?? { packets: 0, bytes: 0 }
    if (this.rules.has(key))
      this.hits.set(key, { packets: before.packets + packets, bytes: before.bytes + bytes })
  }

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
