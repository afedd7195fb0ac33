import type { Block } from '../../domain/block.ts'
import type { TriggerTaken } from '../../ledger/trigger-events.ts'

/** Whose block it is: of the record, or of the replay. */
export type Side = 'was' | 'would'

/** A block that a trigger was about, as it was at the end. */
export interface Outcome {
  readonly id: number
  /** Undefined where its personal data was erased. */
  block: Block | undefined
  /** It began as a proposal. */
  readonly asked: boolean
  /** Of the first trigger of the span that was about it. */
  readonly trigger: TriggerTaken
}

/** Blocks of the record and of the replay that the same triggers were about. */
export interface Pair {
  readonly was: readonly Outcome[]
  readonly would: readonly Outcome[]
}

/** Puts together what belongs together: a trigger that was about one block then and about another now joins the two. */
export class Pairs {
  readonly #outcomes: Readonly<Record<Side, Map<number, Outcome>>> = { was: new Map(), would: new Map() }
  readonly #above = new Map<Outcome, Outcome>()

  /** A trigger was about this block. @returns whether it is the first one */
  see(side: Side, id: number, block: Block | undefined, trigger: TriggerTaken): Outcome {
    const known = this.#outcomes[side].get(id)
    if (known !== undefined) return known
    const outcome = { id, block, asked: block?.wanted === 'proposed', trigger }
    this.#outcomes[side].set(id, outcome)
    return outcome
  }

  /** What has become of a block. */
  update(side: Side, id: number, block: Block | undefined): void {
    const outcome = this.#outcomes[side].get(id)
    if (outcome !== undefined && block !== undefined) outcome.block = block
  }

  join(a: Outcome, b: Outcome): void {
    const [one, other] = [this.#top(a), this.#top(b)]
    if (one !== other) this.#above.set(other, one)
  }

  /** All of them, in the order of their triggers. */
  all(): Pair[] {
    const pairs = new Map<Outcome, { was: Outcome[]; would: Outcome[] }>()
    for (const side of ['was', 'would'] as const)
      for (const outcome of this.#outcomes[side].values()) {
        const top = this.#top(outcome)
        const pair = pairs.get(top) ?? { was: [], would: [] }
        pair[side].push(outcome)
        pairs.set(top, pair)
      }
    const first = ({ was, would }: Pair) =>
      Math.min(...[...was, ...would].map(({ trigger }) => trigger.trigger))
    return [...pairs.values()].sort((a, b) => first(a) - first(b))
  }

  #top(outcome: Outcome): Outcome {
    let top = outcome
    for (let above = this.#above.get(top); above !== undefined; above = this.#above.get(top)) top = above
    if (top !== outcome) this.#above.set(outcome, top)
    return top
  }
}
