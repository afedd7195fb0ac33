import type { Prefix } from '../domain/prefix.ts'
import { isIdentity, type Target } from '../domain/target.ts'
import { departmentsOfIdentity } from './identities.ts'
import type { Inventory } from './inventory.ts'

/**
 * The departments that an address or a prefix is in. What the hosts themselves say counts before what their address says,
 * and the narrowest prefix before wider ones.
 */
export function departmentsAt({ hosts, departmentOf }: Inventory, prefix: Prefix): string[] {
  const said = hosts.at(prefix).flatMap(({ department }) => department ?? [])
  if (said.length > 0) return [...new Set(said)]
  const around = departmentOf.covering(prefix).at(-1)
  const inside = departmentOf.inside(prefix)
  return [...new Set([...(around === undefined ? [] : [around]), ...inside].map(([, name]) => name))]
}

/** The departments that a target is in, by name, in order. @param prefixes all that the target covers */
export function departmentsOfTarget(
  inventory: Inventory,
  target: Target,
  prefixes: readonly Prefix[],
): readonly string[] {
  if (target.kind === 'department') return [target.name]
  if (isIdentity(target)) return departmentsOfIdentity(inventory, target).slice(0, 1)
  const covered = target.kind === 'host' ? [target.prefix] : prefixes
  return [...new Set(covered.flatMap((prefix) => departmentsAt(inventory, prefix)))].sort()
}
