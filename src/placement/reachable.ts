import type { BlockSpec } from '../domain/block.ts'
import {
  aggregatePrefixes,
  type Family,
  type Prefix,
  prefixFamily,
  subtractPrefixes,
} from '../domain/prefix.ts'
import type { RuleKind } from '../domain/rule.ts'
import type { Device, Inventory } from '../inventory/inventory.ts'

/** What a block of a department or a connection leaves reachable. */
export interface Reachable {
  /** By family: as few prefixes as possible, in address order; none of them is blocked. */
  readonly prefixes: Readonly<Record<Family, readonly Prefix[]>>
  /** What they are, of the families that are blocked, in alphabetical order. */
  readonly names: readonly string[]
}

const NOTHING: Reachable = { prefixes: { 4: [], 6: [] }, names: [] }

/**
 * The site's allow list for a block of these prefixes. What is blocked itself is not on it: the rest of an
 * entry that it shares addresses with is. A host is blocked from everything; a mark stops nobody from anything.
 */
export function reachableBeside(
  { target, action }: Pick<BlockSpec, 'target' | 'action'>,
  blocked: readonly Prefix[],
  { reachable }: Pick<Inventory, 'reachable'>,
): Reachable {
  if (target.kind === 'host' || action.do === 'mark') return NOTHING
  const left = reachable.flatMap(({ name, prefix }) =>
    subtractPrefixes(prefix, blocked).map((rest) => ({ name, prefix: rest })),
  )
  const families = new Set(blocked.map(prefixFamily))
  const met = left.filter(({ prefix }) => families.has(prefixFamily(prefix)))
  const all = aggregatePrefixes(met.map(({ prefix }) => prefix))
  const ofFamily = (family: Family) => all.filter((prefix) => prefixFamily(prefix) === family)
  return {
    prefixes: { 4: ofFamily(4), 6: ofFamily(6) },
    names: [...new Set(met.map(({ name }) => name))].sort(),
  }
}

/** Whether rules of this kind on the device can leave out packets by their other end. */
export function makesExceptions({ capabilities }: Device, kind: RuleKind): boolean {
  return kind === 'acl' && capabilities.exceptions === true
}

/** Why rules without exceptions cut off more than was meant. */
export function cutsOff(kind: RuleKind, { names }: Reachable): string {
  const rules = kind === 'acl' ? 'its access lists make' : `a ${kind} rule makes`
  return `${rules} no exceptions and would cut off ${names.join(', ')} too; permit collateral reachable-too if that is meant`
}
