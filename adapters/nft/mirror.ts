import { field } from './expression.ts'
import { LaneBook, laneName } from './lane-book.ts'
import { chainOf, type Lane, LOOK_CHAINS, laneOf, laneOfGate } from './lanes.ts'
import { type NamedShape, parseShapeName } from './name.ts'
import { hasTypes, type ListedRule, readElement, readRule, readShape } from './parse.ts'
import { TICK_SET } from './render.ts'
import type { Entry, Shape } from './shape.ts'

/** One set of ours as it stands in the kernel. */
export interface MirrorSet {
  readonly name: string
  /** Undefined as long as conditions are known only from a rule that does not stand. */
  shape: Shape | undefined
  /** Which of the shape's rules do not stand. */
  missing: readonly number[]
  /** Whether all of them stand, and the lane that leads to them; else the elements enforce nothing for sure. */
  whole: boolean
  readonly named: NamedShape
  readonly rules: Map<number, ListedRule>
  /** The rate of each element, by value; 0 for a drop. */
  readonly elements: Map<string, number>
  /** Elements that no rule of ours makes. */
  strange: number
}

/** What the kernel's table holds, as nft listed it and its monitor has reported since. */
export class Mirror {
  readonly table: string
  readonly sets = new Map<string, MirrorSet>()
  readonly lanes = new LaneBook()
  /** Handles of rules that are not ours, and names of other things beside ours. */
  readonly #strangers = new Set<string>()
  #listing: MirrorSet | undefined

  constructor(table: string) {
    this.table = table
  }

  get size(): number {
    let size = 0
    for (const set of this.sets.values()) size += set.elements.size
    return size
  }

  get foreign(): number {
    let count = this.#strangers.size
    for (const set of this.sets.values()) count += set.strange
    return count
  }

  /** The rate at which a set holds a value; undefined when it does not. */
  rate(set: string, value: string): number | undefined {
    return this.sets.get(set)?.elements.get(value)
  }

  clear(): void {
    this.sets.clear()
    this.lanes.clear()
    this.#strangers.clear()
  }

  isOurs(body: unknown): boolean {
    return field(body, 'family') === 'inet' && field(body, 'table') === this.table
  }

  addSet(body: unknown, kind = 'set'): MirrorSet | undefined {
    const name = String(field(body, 'name'))
    if (name === TICK_SET || name.startsWith('__')) return undefined
    const standing = this.sets.get(name)
    if (standing !== undefined) return standing
    const named = kind === 'set' ? parseShapeName(name) : undefined
    if (named === undefined || !hasTypes(named, field(body, 'type'))) {
      this.#strangers.add(`${kind} ${name}`)
      return undefined
    }
    const set: MirrorSet = {
      name,
      named,
      shape: undefined,
      missing: [],
      whole: false,
      rules: new Map(),
      elements: new Map(),
      strange: 0,
    }
    this.sets.set(name, set)
    this.#settle(set)
    return set
  }

  removeSet(body: unknown): boolean {
    const name = String(field(body, 'name'))
    for (const kind of ['set', 'map', 'flowtable', 'counter', 'limit', 'quota']) {
      this.#strangers.delete(`${kind} ${name}`)
    }
    return this.sets.delete(name)
  }

  addChain(body: unknown): void {
    const name = String(field(body, 'name'))
    if (!LOOK_CHAINS.includes(name) && laneOfGate(name) === undefined) this.#strangers.add(`chain ${name}`)
  }

  removeChain(body: unknown): void {
    this.#strangers.delete(`chain ${String(field(body, 'name'))}`)
  }

  addRule(body: unknown): void {
    const rule = readRule(body)
    const chain = String(field(body, 'chain'))
    const lane = rule === undefined ? undefined : this.lanes.add(chain, rule)
    if (lane !== undefined) return this.#settleLane(lane)
    const set = rule?.set === undefined ? undefined : this.sets.get(rule.set)
    if (rule === undefined || set === undefined || chain !== chainOf(set.named)) {
      this.#strangers.add(`rule ${String(field(body, 'handle'))}`)
      return
    }
    set.rules.set(rule.handle, rule)
    this.#settle(set)
  }

  /** Of what of ours this was a rule: the name of a set, or of a lane. */
  removeRule(body: unknown): string | undefined {
    const handle = field(body, 'handle')
    this.#strangers.delete(`rule ${String(handle)}`)
    if (typeof handle !== 'number') return undefined
    const lane = this.lanes.remove(handle)
    if (lane !== undefined) {
      this.#settleLane(lane)
      return laneName(lane)
    }
    for (const set of this.sets.values()) {
      if (!set.rules.delete(handle)) continue
      this.#settle(set)
      return set.name
    }
    return undefined
  }

  /** Takes in one element; the entry, when it is one of ours. */
  addElement(set: MirrorSet, json: unknown): Entry | undefined {
    const shape = set.shape ?? set.named
    const element = readElement(shape, json)
    if (element === undefined) {
      set.strange++
      return undefined
    }
    set.elements.set(element.value, element.rate)
    return { shape, value: element.value, rate: element.rate }
  }

  removeElement(set: MirrorSet, json: unknown): Entry | undefined {
    const shape = set.shape ?? set.named
    const element = readElement(shape, json)
    if (element !== undefined && set.elements.delete(element.value)) {
      return { shape, value: element.value, rate: element.rate }
    }
    if (element === undefined) set.strange = Math.max(0, set.strange - 1)
    return undefined
  }

  /** A rule came or went: which shape is it now, and is all of it there? */
  #settle(set: MirrorSet): void {
    const read = readShape(set.name, [...set.rules.values()])
    const lane = laneOf(set.named)
    set.shape = read?.shape
    set.missing = read?.missing ?? []
    set.whole = set.missing.length === 0 && (lane === undefined || this.lanes.isWhole(lane))
  }

  #settleLane(lane: Lane): void {
    for (const set of this.sets.values()) if (laneOf(set.named) === lane) this.#settle(set)
  }

  /** As {@link ListingReader}: one object of a listing of the table. */
  object(json: unknown): void {
    this.#listing = undefined
    for (const [kind, body] of Object.entries(json as Record<string, unknown>)) {
      if (!this.isOurs(body)) continue
      if (kind === 'rule') this.addRule(body)
      else if (kind === 'chain') this.addChain(body)
      else this.#listing = this.addSet(body, kind)
    }
  }

  element(json: unknown): void {
    const set = this.#listing
    const element = set && readElement(set.named, json)
    if (set === undefined) return
    if (element === undefined) set.strange++
    else set.elements.set(element.value, element.rate)
  }
}
