import { InputError } from '../../src/domain/input-error.ts'
import type { DeviceChange } from '../adapter.ts'
import { field } from './expression.ts'
import { CHAIN, laneOfGate } from './lanes.ts'
import type { Mirror } from './mirror.ts'
import { TICK_SET } from './render.ts'
import { type Entry, ruleOf } from './shape.ts'
import { touch } from './transaction.ts'

/**
 * Keeps the mirror true to what the monitor reports, and tells what others did to our entries.
 */
export class Watcher {
  readonly #table: string
  readonly #tell: (change: DeviceChange) => void
  readonly #blinded: () => void
  readonly #marks = new Map<string | number, () => void>()
  #held: unknown[] | undefined
  mirror: Mirror
  /** What the transaction under way will be reported to do. */
  own: ReadonlySet<string> = new Set()

  /** `blinded` is called when the monitor can no longer be trusted and needs to be started anew. */
  constructor(table: string, mirror: Mirror, tell: (change: DeviceChange) => void, blinded: () => void) {
    this.#table = table
    this.mirror = mirror
    this.#tell = tell
    this.#blinded = blinded
  }

  /** Resolves when the monitor has reported the transaction that ends with this mark, or with the end of this table. */
  marked(mark: string | number): Promise<void> {
    return new Promise((resolve) => this.#marks.set(mark, resolve))
  }

  forget(mark: string | number): void {
    this.#marks.delete(mark)
  }

  /** Keeps reports back while the table is listed. */
  hold(): void {
    this.#held ??= []
  }

  /**
   * Goes on with another mirror, or the same. Reports of what the listing has seen already do no harm: for each
   * entry the last one agrees with it.
   */
  resume(mirror: Mirror): void {
    const held = this.#held ?? []
    this.#held = undefined
    this.mirror = mirror
    for (const event of held) this.event(event)
  }

  event(json: unknown): void {
    if (this.#held !== undefined) {
      this.#held.push(json)
      return
    }
    for (const verb of ['add', 'insert', 'delete'] as const) {
      const event = field(json, verb)
      if (typeof event !== 'object' || event === null) continue
      for (const [kind, body] of Object.entries(event)) this.#change(kind, body, verb !== 'delete')
    }
  }

  #change(kind: string, body: unknown, added: boolean): void {
    if (kind === 'table') this.#tableChange(body, added)
    else if (!this.mirror.isOurs(body)) return
    else if (kind === 'element') this.#elementChange(body, added)
    else if (kind === 'rule') this.#ruleChange(body, added)
    else if (kind === 'chain') this.#chainChange(body, added)
    else this.#setChange(kind, body, added)
  }

  #tableChange(body: unknown, added: boolean): void {
    const name = field(body, 'name')
    if (added || field(body, 'family') !== 'inet') return
    this.#tick([name])
    if (name !== this.#table) return
    this.mirror.clear()
    this.#tell({ type: 'resync', words: `table inet ${this.#table} was deleted` })
  }

  #chainChange(body: unknown, added: boolean): void {
    if (added) {
      this.mirror.addChain(body)
      return
    }
    this.mirror.removeChain(body)
    const name = String(field(body, 'name'))
    if (name === CHAIN || laneOfGate(name) !== undefined)
      this.#tell({ type: 'resync', words: `chain ${name} was deleted` })
  }

  #setChange(kind: string, body: unknown, added: boolean): void {
    if (added) {
      this.mirror.addSet(body, kind)
      return
    }
    const name = String(field(body, 'name'))
    if (this.mirror.removeSet(body) && !this.own.has(name)) {
      this.#tell({ type: 'resync', words: `set ${name} was deleted` })
    }
  }

  #ruleChange(body: unknown, added: boolean): void {
    if (added) {
      this.mirror.addRule(body)
      return
    }
    const name = this.mirror.removeRule(body)
    if (name !== undefined && this.own.has(name)) return
    const which = name === undefined ? 'that is not ours' : `of ${name}`
    this.#tell({ type: 'resync', words: `a rule ${which} was deleted` })
    // With a rule, nft's monitor forgets the set that it looked in, and reports nothing of that set from then on.
    this.#blinded()
  }

  #elementChange(body: unknown, added: boolean): void {
    const name = String(field(body, 'name'))
    const elements = field(field(body, 'elem'), 'set')
    if (!Array.isArray(elements)) return
    if (name === TICK_SET && !added) this.#tick(elements)
    const set = this.mirror.sets.get(name)
    if (set === undefined) return
    for (const element of elements as unknown[]) {
      const entry = added ? this.mirror.addElement(set, element) : this.mirror.removeElement(set, element)
      if (entry === undefined || this.own.has(touch(name, entry.value))) continue
      if (set.shape !== undefined && set.whole) this.#drift(entry, added)
    }
  }

  #tick(elements: readonly unknown[]): void {
    for (const element of elements) {
      if (typeof element !== 'number' && typeof element !== 'string') continue
      this.#marks.get(element)?.()
      this.#marks.delete(element)
    }
  }

  #drift(entry: Entry, present: boolean): void {
    try {
      this.#tell({ type: 'seen', key: ruleOf(entry).key, present, evidence: 'read-back' })
    } catch (error) {
      // An element whose values no rule of ours can have, put there by someone else.
      if (!(error instanceof InputError)) throw error
    }
  }
}
