import type { RequestKind } from '../../domain/request.ts'
import { BlockCounts, MessageCounts, RequestCounts, TriggerCounts } from './counts.ts'
import type { Days } from './periods.ts'
import { type BlockKind, countsIn, type DayCounts, type RequestGroup, type TriggerGroup } from './tally.ts'

export const DIMENSIONS = ['department', 'category', 'origin', 'target', 'policy', 'action'] as const
/** What blocks are told apart by. */
export type Dimension = (typeof DIMENSIONS)[number]

/** What one row tells: of a period, and where it is told apart, of one group. */
export interface Row {
  readonly days: Days
  /** `null` for what is in no group. */
  readonly group?: string | null
  readonly blocks: BlockCounts
  readonly requests?: Readonly<Record<RequestKind, RequestCounts>>
  readonly triggers?: TriggerCounts
  readonly messages?: MessageCounts
}

/** Whose figures are told: of blocks and requests in these departments. Triggers and messages are the whole site's. */
export interface Scope {
  readonly whole: boolean
  isMeant(departments: readonly string[]): boolean
}

const emptyRequests = (): Record<RequestKind, RequestCounts> => ({
  unblock: new RequestCounts(),
  logs: new RequestCounts(),
})

/** All that was counted in a period, together. */
export class Whole implements Row {
  readonly days: Days
  readonly blocks = new BlockCounts()
  readonly requests = emptyRequests()
  readonly triggers?: TriggerCounts
  readonly messages?: MessageCounts
  readonly #scope: Scope

  constructor(days: Days, scope: Scope) {
    this.days = days
    this.#scope = scope
    if (!scope.whole) return
    this.triggers = new TriggerCounts()
    this.messages = new MessageCounts()
  }

  add({ blocks, requests, triggers, messages }: DayCounts): void {
    for (const [kind, counts] of blocks) if (this.#scope.isMeant(kind.departments)) this.blocks.addAll(counts)
    for (const [group, counts] of requests)
      if (this.#scope.isMeant(group.departments)) this.requests[group.kind].addAll(counts)
    for (const counts of triggers.values()) this.triggers?.addAll(counts)
    this.messages?.addAll(messages)
  }
}

interface Group {
  readonly blocks: BlockCounts
  readonly requests: Record<RequestKind, RequestCounts>
  readonly triggers: TriggerCounts
}

/** The same, told apart. What is in several departments counts in each of them. */
export class Apart {
  readonly #days: Days
  readonly #by: Dimension
  readonly #scope: Scope
  readonly #groups = new Map<string | null, Group>()

  constructor(days: Days, by: Dimension, scope: Scope) {
    this.#days = days
    this.#by = by
    this.#scope = scope
  }

  add({ blocks, requests, triggers }: DayCounts): void {
    for (const [kind, counts] of blocks)
      if (this.#scope.isMeant(kind.departments))
        for (const name of groupsOf(kind, this.#by)) this.#group(name).blocks.addAll(counts)
    if (this.#by === 'department') this.#addRequests(requests)
    else if (this.#scope.whole) this.#addTriggers(triggers)
  }

  #addRequests(requests: ReadonlyMap<RequestGroup, RequestCounts>): void {
    for (const [{ kind, departments }, counts] of requests)
      if (this.#scope.isMeant(departments))
        for (const name of orNone(departments)) this.#group(name).requests[kind].addAll(counts)
  }

  #addTriggers(triggers: ReadonlyMap<TriggerGroup, TriggerCounts>): void {
    for (const [{ category, policy }, counts] of triggers)
      if (this.#by === 'category') this.#group(category).triggers.addAll(counts)
      else if (this.#by === 'policy') this.#group(policy).triggers.addAll(counts)
  }

  /** In the order of their names; what is in none comes last. */
  rows(): Row[] {
    const ofTriggers = this.#scope.whole && (this.#by === 'category' || this.#by === 'policy')
    return [...this.#groups].sort(byName).map(([group, { blocks, requests, triggers }]) => ({
      days: this.#days,
      group,
      blocks,
      ...(this.#by === 'department' ? { requests } : {}),
      ...(ofTriggers ? { triggers } : {}),
    }))
  }

  #group(name: string | null): Group {
    return countsIn(this.#groups, name, () => ({
      ...{ blocks: new BlockCounts(), requests: emptyRequests(), triggers: new TriggerCounts() },
    }))
  }
}

function byName([a]: readonly [string | null, unknown], [b]: readonly [string | null, unknown]): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return a < b ? -1 : 1
}

const NO_GROUP: readonly null[] = Object.freeze([null])

function orNone(names: readonly string[]): readonly (string | null)[] {
  return names.length === 0 ? NO_GROUP : names
}

function groupsOf(kind: BlockKind, by: Dimension): readonly (string | null)[] {
  return by === 'department' ? orNone(kind.departments) : [kind[by]]
}
