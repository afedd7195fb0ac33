import type { Block, BlockSpec, Direction } from '../domain/block.ts'
import { aggregatePrefixes, type Prefix, prefixesOverlap, subtractPrefixes } from '../domain/prefix.ts'
import { type Inventory, namedPrefixes, type ProtectedEntry } from '../inventory/inventory.ts'

/** The prefixes that a block is about, and what was taken out of them because it is protected. */
export interface Expansion {
  readonly prefixes: readonly Prefix[]
  readonly carvedOut: readonly ProtectedEntry[]
}

/** What a block is about; `expansion` is what was agreed to, where the target alone does not say it. */
export type Expandable = Pick<BlockSpec, 'target' | 'direction'> & Pick<Block, 'expansion'>

/** The prefixes that a block covers: those that were recorded, else what its target is now. */
export function prefixesOf(spec: Expandable, inventory: Inventory): readonly Prefix[] {
  return spec.expansion ?? expandTarget(spec, inventory).prefixes
}

/**
 * Expands a target. What a department or a connection has protected is carved out; a host is what was typed, and
 * a guard refuses it when it covers something protected. An unknown name has no prefixes.
 */
export function expandTarget(spec: Pick<BlockSpec, 'target' | 'direction'>, inventory: Inventory): Expansion {
  const named = namedPrefixes(inventory, spec.target) ?? []
  if (spec.target.kind === 'host') return { prefixes: named, carvedOut: [] }
  const carvedOut = protectedWithin(inventory, named, spec.direction)
  const holes = carvedOut.map((entry) => entry.prefix)
  return {
    prefixes: aggregatePrefixes(named.flatMap((prefix) => subtractPrefixes(prefix, holes))),
    carvedOut,
  }
}

/** Protected entries that share an address with these prefixes, in a role that a block of this direction would hit. */
export function protectedWithin(
  inventory: Inventory,
  prefixes: readonly Prefix[],
  direction: Direction,
): ProtectedEntry[] {
  const entries = prefixes
    .flatMap((prefix) => inventory.protected.overlapping(prefix))
    .flatMap(([, found]) => found)
  return [...new Set(entries)].filter(
    (entry) =>
      roleIsHit(entry, direction) && prefixes.some((prefix) => prefixesOverlap(prefix, entry.prefix)),
  )
}

function roleIsHit(entry: ProtectedEntry, direction: Direction): boolean {
  if (entry.role === 'any' || direction === 'both') return true
  return entry.role === (direction === 'to' ? 'destination' : 'source')
}
