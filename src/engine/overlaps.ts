import {
  type Action,
  actionText,
  compareActions,
  type FilterRule,
  sameAction,
  strictestAction,
  withAction,
} from '../domain/rule.ts'
import { type Meeting, meet } from '../placement/precedence.ts'

/** A flow rule with the blocks that want it as it is. */
interface Primary {
  rule: FilterRule
  readonly actions: Map<number, Action>
}

/** What one rule adds to what a device must hold, or takes away. */
export interface OverlapChange {
  readonly want: readonly { readonly rule: FilterRule; readonly block: number }[]
  readonly unwant: readonly { readonly key: string; readonly block: number }[]
}

/** A rule of a block that is tried only after a weaker one. */
export interface Shadow {
  readonly rule: string
  readonly by: FilterRule
  readonly blocks: readonly number[]
}

/** A rule of a block before which a weaker one is tried. */
export interface Shadowed {
  readonly rule: string
  readonly over: FilterRule
  readonly blocks: readonly number[]
}

/** More rules than this for the sake of one would fill the routers; beyond, it is shadowed. */
const MOST_INTERSECTIONS = 50

type Pair = Exclude<Meeting, 'apart'>

/**
 * The flow rules of one device on whose routers the first that matches decides (RFC 8955 §5.1), and what has to stand
 * beside them so that the stricter action holds where two overlap. Rules with one action never disturb each other, so
 * the cost of a change grows only with the rules of other actions.
 */
export class Overlaps {
  readonly #primaries = new Map<string, Primary>()
  readonly #byAction = new Map<string, Map<string, Primary>>()
  /** Pairs that meet, under the keys of both. */
  readonly #pairs = new Map<string, Map<string, Pair>>()
  /** Intersections that blocks have, with how many pairs each comes from. */
  readonly #derived = new Map<number, Map<string, { readonly rule: FilterRule; pairs: number }>>()
  readonly #changes: { want: OverlapChange['want'][number][]; unwant: OverlapChange['unwant'][number][] } = {
    want: [],
    unwant: [],
  }

  /** A block wants the rule, with its own action. */
  want(rule: FilterRule, block: number): OverlapChange {
    const primary = this.#primaries.get(rule.key)
    if (primary === undefined) this.#insert({ rule, actions: new Map([[block, rule.action]]) })
    else if (!primary.actions.has(block)) this.#alter(primary, () => primary.actions.set(block, rule.action))
    return this.#take()
  }

  /** A block does not want the rule any more. */
  unwant(key: string, block: number): OverlapChange {
    const primary = this.#primaries.get(key)
    if (primary?.actions.has(block) === true) this.#alter(primary, () => primary.actions.delete(block))
    return this.#take()
  }

  /** Whether the block wants the rule for itself, or for the sake of another. */
  isWanted(key: string, block: number): boolean {
    return (
      this.#primaries.get(key)?.actions.has(block) === true || this.#derived.get(block)?.has(key) === true
    )
  }

  /** The rules that stand for the sake of this block's. */
  intersectionsOf(block: number): FilterRule[] {
    return [...(this.#derived.get(block)?.values() ?? [])].map(({ rule }) => rule)
  }

  /** The weaker rules that are, or would be, tried before this one, where no rule beside it mends that. */
  shadowsOf(rule: FilterRule): Shadow[] {
    return this.#unmended(rule)
      .filter(({ strict }) => strict.key === rule.key)
      .map(({ strict, weak }) => ({ rule: strict.key, by: weak, blocks: this.#blocksOf(weak) }))
  }

  /** The stricter rules before which this one is, or would be, tried, where no rule beside them mends that. */
  shadowedBy(rule: FilterRule): Shadowed[] {
    return this.#unmended(rule)
      .filter(({ weak }) => weak.key === rule.key)
      .map(({ strict, weak }) => ({ rule: weak.key, over: strict, blocks: this.#blocksOf(strict) }))
  }

  /** What stands, or would have to stand, beside a rule or for the sake of others that it meets. */
  intersectionsWith(rule: FilterRule): FilterRule[] {
    return this.#pairsOf(rule).flatMap(({ intersection }) => intersection ?? [])
  }

  #unmended(rule: FilterRule): Pair[] {
    return this.#pairsOf(rule).filter(({ intersection }) => intersection === undefined)
  }

  /** As they are, for a rule that stands at least so strict; else as they would be. */
  #pairsOf(rule: FilterRule): Pair[] {
    const standing = this.#primaries.get(rule.key)
    if (standing === undefined || compareActions(standing.rule.action, rule.action) > 0)
      return this.#meetings(rule)
    return [...(this.#pairs.get(rule.key)?.values() ?? [])]
  }

  #blocksOf({ key }: FilterRule): number[] {
    return [...(this.#primaries.get(key)?.actions.keys() ?? [])].sort((a, b) => a - b)
  }

  #insert(primary: Primary): void {
    const { rule } = primary
    this.#primaries.set(rule.key, primary)
    const group = actionText(rule.action)
    const same = this.#byAction.get(group) ?? new Map<string, Primary>()
    this.#byAction.set(group, same.set(rule.key, primary))
    for (const pair of this.#meetings(rule)) this.#meet(pair)
  }

  /** Parts it from all that it meets, changes it, and lets it meet anew. */
  #alter(primary: Primary, change: () => void): void {
    const { rule } = primary
    for (const pair of [...(this.#pairs.get(rule.key)?.values() ?? [])]) this.#part(pair)
    this.#primaries.delete(rule.key)
    const group = actionText(rule.action)
    this.#byAction.get(group)?.delete(rule.key)
    if (this.#byAction.get(group)?.size === 0) this.#byAction.delete(group)
    change()
    const action = strictestAction(primary.actions.values())
    if (action === undefined) return
    primary.rule = withAction(rule, action)
    this.#insert(primary)
  }

  #meetings(rule: FilterRule): Pair[] {
    const found: Pair[] = []
    let intersections = 0
    for (const group of this.#byAction.values()) {
      const [first] = group.values()
      if (first === undefined || sameAction(first.rule.action, rule.action)) continue
      for (const other of group.values()) {
        if (other.rule.match.family !== rule.match.family) continue
        const meeting = meet(rule, other.rule)
        if (meeting === 'apart') continue
        if (meeting.intersection !== undefined) intersections += 1
        found.push(intersections > MOST_INTERSECTIONS ? { ...meeting, intersection: undefined } : meeting)
      }
    }
    return found
  }

  #meet(pair: Pair): void {
    const { strict, weak, intersection } = pair
    for (const [one, other] of [
      [strict.key, weak.key],
      [weak.key, strict.key],
    ] as const)
      this.#pairs.set(one, (this.#pairs.get(one) ?? new Map<string, Pair>()).set(other, pair))
    if (intersection !== undefined)
      for (const block of this.#primaries.get(strict.key)?.actions.keys() ?? [])
        this.#derive(block, intersection)
  }

  #part(pair: Pair): void {
    const { strict, weak, intersection } = pair
    this.#unlink(strict.key, weak.key)
    this.#unlink(weak.key, strict.key)
    if (intersection !== undefined)
      for (const block of this.#primaries.get(strict.key)?.actions.keys() ?? [])
        this.#underive(block, intersection.key)
  }

  #unlink(one: string, other: string): void {
    const pairs = this.#pairs.get(one)
    pairs?.delete(other)
    if (pairs?.size === 0) this.#pairs.delete(one)
  }

  #derive(block: number, rule: FilterRule): void {
    const ofBlock = this.#derived.get(block) ?? new Map<string, { rule: FilterRule; pairs: number }>()
    this.#derived.set(block, ofBlock)
    const known = ofBlock.get(rule.key)
    if (known !== undefined) known.pairs += 1
    else {
      ofBlock.set(rule.key, { rule, pairs: 1 })
      this.#changes.want.push({ rule, block })
    }
  }

  #underive(block: number, key: string): void {
    const ofBlock = this.#derived.get(block)
    const known = ofBlock?.get(key)
    if (ofBlock === undefined || known === undefined) return
    known.pairs -= 1
    if (known.pairs > 0) return
    ofBlock.delete(key)
    if (ofBlock.size === 0) this.#derived.delete(block)
    this.#changes.unwant.push({ key, block })
  }

  /** What changed, without what came and went meanwhile. */
  #take(): OverlapChange {
    const { want, unwant } = this.#changes
    const change = {
      want: want.filter(({ rule, block }) => this.#derived.get(block)?.has(rule.key) === true),
      unwant: unwant.filter(({ key, block }) => !this.isWanted(key, block)),
    }
    this.#changes.want = []
    this.#changes.unwant = []
    return change
  }
}
