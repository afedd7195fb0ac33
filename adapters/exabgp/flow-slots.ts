import type { Family } from '../../src/domain/prefix.ts'
import { type Action, DROP, type FilterRule } from '../../src/domain/rule.ts'
import { flowLine, flowTag } from './flow.ts'
import { type FlowActions, flowThen, plainThen } from './flow-action.ts'
import { Lately } from './lately.ts'

/** A flow route as the speaker was told: the action and the communities in ExaBGP's words. */
export type Then = string

/** One command to come. */
export interface FlowStep {
  readonly rule: FilterRule
  /** `-` for a route that goes. */
  readonly tag: string
  readonly line: string
  /** What stood there, and what stands there now. */
  readonly before: Then | undefined
  readonly after: Then | undefined
}

/**
 * Which flow routes the speaker was told to hold, one for each rule key, and the commands that change them. As with
 * blackholes (slots.ts), ExaBGP may send a withdrawal after a later announcement of the same route; one that changed
 * lately is announced with a large community that nothing else has, and every withdrawal carries one.
 */
export class FlowSlots {
  readonly #actions: FlowActions
  readonly #communities: readonly string[]
  #order: number
  readonly #held = new Map<string, Then>()
  readonly #counts: Record<Family, number> = { 4: 0, 6: 0 }
  readonly #lately: Lately<string>

  /** @param seed where the order starts: never the same for two sessions of one speaker @param now monotonic */
  constructor(
    actions: FlowActions,
    communities: readonly string[],
    seed: number,
    now: number,
    adopted: boolean,
  ) {
    this.#actions = actions
    this.#communities = communities
    this.#order = seed % 4_000_000_000
    this.#lately = new Lately(now, adopted)
  }

  /** How many of these families. */
  count(families: readonly Family[]): number {
    return families.reduce((sum, family) => sum + this.#counts[family], 0)
  }

  has(key: string): boolean {
    return this.#held.has(key)
  }

  get(key: string): Then | undefined {
    return this.#held.get(key)
  }

  set(key: string, then: Then | undefined): void {
    const family = key.startsWith('flow4') ? 4 : 6
    this.#counts[family] += Number(then !== undefined) - Number(this.#held.has(key))
    if (then === undefined) this.#held.delete(key)
    else this.#held.set(key, then)
  }

  /** Whether a route is announced as the configuration would have it now. */
  isCurrent(rule: FilterRule, then: Then): boolean {
    return this.#actions.knows(rule.action) && plainThen(then) === this.#plain(rule)
  }

  /** The commands for a change; from now on the routes stand as they say. */
  plan(put: readonly FilterRule[], remove: readonly FilterRule[], now: number): FlowStep[] {
    this.#lately.turn(now)
    return [
      ...put.map((rule) => this.#step(rule, this.#next(rule, now))),
      ...remove.map((rule) => this.#step(rule, undefined)),
    ]
  }

  #step(rule: FilterRule, after: Then | undefined): FlowStep {
    const before = this.#held.get(rule.key)
    this.set(rule.key, after)
    this.#lately.note(rule.key)
    const [verb, tag] =
      after === undefined ? (['withdraw', '-'] as const) : (['announce', flowTag(rule)] as const)
    const line = flowLine(verb, rule.match, after ?? this.#ordered(DROP))
    return { rule, tag, line, before, after }
  }

  #next(rule: FilterRule, now: number): Then {
    const before = this.#held.get(rule.key)
    if (before !== undefined && this.isCurrent(rule, before)) return before
    return this.#lately.has(rule.key, now) ? this.#ordered(rule.action) : this.#plain(rule)
  }

  #plain({ action }: FilterRule): Then {
    return flowThen(this.#actions.text(action), this.#communities)
  }

  #ordered(action: Action): Then {
    return flowThen(this.#actions.text(action), this.#communities, this.#nextOrder())
  }

  #nextOrder(): number {
    this.#order = (this.#order + 1) % 4_294_967_295
    return this.#order
  }
}
