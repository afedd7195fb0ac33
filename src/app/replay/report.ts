import type { Inventory } from '../../inventory/inventory.ts'
import type { State } from '../../ledger/state.ts'
import type { Policy } from '../../policy/compile.ts'
import { type Change, changeOf } from './compare.ts'
import type { Trip, Undecided, Verdicts } from './counts.ts'
import { type Affected, affectedBy } from './people.ts'
import type { Replay } from './replay.ts'

/** What changed policies would have done, against what was done. */
export interface ReplayReport {
  readonly triggers: {
    /** Decided about again. */
    readonly replayed: number
    /** Not decided about again: what they said was erased. */
    readonly redacted: number
    /** With another verdict, or by another rule. */
    readonly differently: number
    readonly was: Verdicts
    readonly would: Verdicts
  }
  /** Blocks, and what belongs together of them, by what is other. */
  readonly blocks: {
    readonly was: number
    readonly would: number
    readonly same: number
    readonly added: number
    readonly missing: number
    readonly changed: number
    readonly longer: number
    readonly shorter: number
    /** That cannot be compared, as their personal data was erased. */
    readonly erased: number
  }
  readonly changes: readonly Change[]
  readonly people: { readonly newly: Affected; readonly noLonger: Affected }
  /** Breakers that would have tripped and did not. */
  readonly trips: readonly Trip[]
  readonly undecided: readonly Undecided[]
  /** Rules that decided about nothing. */
  readonly unhit: readonly { readonly policy: string; readonly rule: string }[]
  /** Deeds of people about blocks that would not have been there. */
  readonly unkept: number
  /** Blocks begun at addresses that change hands, as if whoever had them then still did. */
  readonly guessed: number
}

/** @param policies those of the replay */
export function reportOf(replay: Replay, policies: readonly Policy[], inventory: Inventory): ReplayReport {
  const { counts } = replay
  const pairs = replay.pairs.all()
  const changes: Change[] = []
  const blocks = { same: 0, added: 0, missing: 0, changed: 0, longer: 0, shorter: 0, erased: 0 }
  for (const pair of pairs) {
    const change = changeOf(pair)
    if (typeof change === 'string') blocks[change] += 1
    else {
      blocks[change.kind] += 1
      changes.push({ ...change, source: sourceName(replay.was, change.source) })
    }
  }
  const sum = (side: 'was' | 'would') => pairs.reduce((count, pair) => count + pair[side].length, 0)
  const { replayed, redacted, differently, was, would, trips, undecided, unkept, guessed } = counts
  return {
    triggers: { replayed, redacted, differently, was, would },
    blocks: { was: sum('was'), would: sum('would'), ...blocks },
    changes,
    people: affectedBy(pairs, inventory),
    ...{ trips, undecided, unkept, guessed },
    unhit: policies
      .filter(({ mode }) => mode !== 'off')
      .flatMap(({ name, rules }) => rules.map((rule) => ({ policy: name, rule: rule.name })))
      .filter(({ policy, rule }) => !counts.wasHit(policy, rule)),
  }
}

function sourceName({ tokens }: Readonly<State>, id: string): string {
  return tokens.get(id)?.name ?? id
}
