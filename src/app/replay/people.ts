import { hasBegun } from '../../domain/block.ts'
import { aggregatePrefixes, type Prefix, subtractPrefixes } from '../../domain/prefix.ts'
import { PrefixMap } from '../../domain/prefix-map.ts'
import { coverageOf } from '../../guards/coverage.ts'
import { computeHits, type Hits } from '../../guards/radius.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import type { Outcome, Pair } from './pairs.ts'

/** Whom blocks hit, by the inventory of now. */
export interface Affected extends Hits {
  /** Addresses with a name. */
  readonly knownHosts: number
}

/** Whom the replay hits that the record did not, and the other way round, at whatever time of the span. */
export function affectedBy(
  pairs: readonly Pair[],
  inventory: Inventory,
): { readonly newly: Affected; readonly noLonger: Affected } {
  const was = hitBy(pairs.flatMap((pair) => pair.was))
  const would = hitBy(pairs.flatMap((pair) => pair.would))
  return {
    newly: affected(without(would, was), inventory),
    noLonger: affected(without(was, would), inventory),
  }
}

/** What nobody agreed to hits nobody. */
function hitBy(outcomes: readonly Outcome[]): Prefix[] {
  const prefixes = outcomes.flatMap(({ block }) =>
    block !== undefined && hasBegun(block) ? coverageOf(block) : [],
  )
  return aggregatePrefixes(prefixes)
}

/** What of `some` is not in `others`; neither has anything twice. */
function without(some: readonly Prefix[], others: readonly Prefix[]): Prefix[] {
  const covered = new PrefixMap<true>()
  for (const prefix of others) covered.set(prefix, true)
  const holes = new PrefixMap<Prefix[]>()
  for (const prefix of some) if (!covered.covers(prefix)) holes.set(prefix, [])
  for (const prefix of others) for (const [, list] of holes.covering(prefix)) list.push(prefix)
  return [...holes.entries()].flatMap(([prefix, list]) => subtractPrefixes(prefix, list))
}

function affected(prefixes: readonly Prefix[], inventory: Inventory): Affected {
  return {
    ...computeHits(prefixes, inventory),
    knownHosts: prefixes.reduce((sum, prefix) => sum + inventory.hosts.within(prefix, 0).count, 0),
  }
}
