import type { RequestKind } from '../../domain/request.ts'
import { BlockCounts, MessageCounts, RequestCounts, TriggerCounts } from './counts.ts'

const DAY = 86_400_000

/** The day of a time, counted in UTC from 1970. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY)
}

/** When a day begins, in milliseconds since 1970. */
export function beginningOf(day: number): number {
  return day * DAY
}

/** What blocks have in common that are counted together. Departments are in order. */
export interface BlockKind {
  readonly target: string
  readonly origin: string
  readonly category: string
  readonly action: string
  readonly policy: string
  readonly departments: readonly string[]
}

export interface RequestGroup {
  readonly kind: RequestKind
  readonly departments: readonly string[]
}

/** `policy` is that of blocks: the policy and its rule; `null` where none has one. */
export interface TriggerGroup {
  readonly category: string
  readonly policy: string | null
}

/** What was counted on one day, by what it is about. */
export interface DayCounts {
  readonly blocks: Map<BlockKind, BlockCounts>
  readonly requests: Map<RequestGroup, RequestCounts>
  readonly triggers: Map<TriggerGroup, TriggerCounts>
  readonly messages: MessageCounts
}

/** One object for each thing that is said alike, so that maps can go by it. */
class Kinds<K extends object> {
  readonly #known = new Map<string, K>()

  one(kind: K): K {
    const key = JSON.stringify(kind)
    const known = this.#known.get(key)
    if (known === undefined) this.#known.set(key, kind)
    return known ?? kind
  }
}

/** Counts by day and by what they are about: no address, nobody's name, and nothing of a single block. */
export class Tally {
  readonly days = new Map<number, DayCounts>()
  readonly #blocks = new Kinds<BlockKind>()
  readonly #requests = new Kinds<RequestGroup>()
  readonly #triggers = new Kinds<TriggerGroup>()

  blockKind(kind: BlockKind): BlockKind {
    return this.#blocks.one(kind)
  }

  /** @param kind from {@link blockKind} */
  blocks(at: number, kind: BlockKind): BlockCounts {
    return countsIn(this.#day(at).blocks, kind, () => new BlockCounts())
  }

  requests(at: number, { kind, departments }: RequestGroup): RequestCounts {
    const group = this.#requests.one({ kind, departments: [...departments].sort() })
    return countsIn(this.#day(at).requests, group, () => new RequestCounts())
  }

  triggers(at: number, { category, policy }: TriggerGroup): TriggerCounts {
    const group = this.#triggers.one({ category, policy })
    return countsIn(this.#day(at).triggers, group, () => new TriggerCounts())
  }

  messages(at: number): MessageCounts {
    return this.#day(at).messages
  }

  #day(at: number): DayCounts {
    return countsIn(this.days, dayOf(at), () => ({
      ...{ blocks: new Map(), requests: new Map(), triggers: new Map(), messages: new MessageCounts() },
    }))
  }
}

/** What a map has under a key, made where there is nothing yet. */
export function countsIn<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const there = map.get(key)
  if (there !== undefined) return there
  const made = make()
  map.set(key, made)
  return made
}
