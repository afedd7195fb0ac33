import type { Block, BlockSpec, Direction, Origin } from '../domain/block.ts'
import { type Family, prefixFamily } from '../domain/prefix.ts'
import type { Action, RuleKind } from '../domain/rule.ts'
import type { Target } from '../domain/target.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'

/** One line of the placement table. Every condition that is given must hold. */
export interface PlacementRule {
  readonly name: string
  readonly when: {
    readonly target?: readonly Target['kind'][]
    readonly side?: 'own' | 'outside'
    readonly direction?: readonly Direction[]
    readonly family?: Family
    readonly narrowed?: boolean
    readonly action?: readonly Action['do'][]
    readonly scope?: readonly string[]
    /** Who asked for it. */
    readonly origin?: Origin['kind']
    /** Names of the policies of which one made it; a block that somebody asked for has none. */
    readonly policy?: readonly string[]
  }
  readonly use: readonly { readonly device: string; readonly as: RuleKind }[]
}

/** What the table goes by. */
export type Placeable = BlockSpec & Pick<Block, 'origin' | 'policy'>

/** The first line that fits a block, or `undefined`. */
export function findPlacement(
  table: readonly PlacementRule[],
  spec: Placeable,
  inventory: Inventory,
): PlacementRule | undefined {
  return table.find(({ when }) => fits(when, spec, inventory))
}

function fits(when: PlacementRule['when'], spec: Placeable, inventory: Inventory): boolean {
  const host = spec.target.kind === 'host' ? spec.target.prefix : undefined
  if (when.target !== undefined && !when.target.includes(spec.target.kind)) return false
  if (when.side !== undefined && (host === undefined || isOwn(inventory, host)) !== (when.side === 'own'))
    return false
  if (when.direction !== undefined && !when.direction.includes(spec.direction)) return false
  if (when.family !== undefined && (host === undefined || prefixFamily(host) !== when.family)) return false
  if (when.narrowed !== undefined && (spec.match !== undefined) !== when.narrowed) return false
  if (when.action !== undefined && !when.action.includes(spec.action.do)) return false
  if (when.scope !== undefined && !when.scope.includes(spec.scope)) return false
  if (when.origin !== undefined && spec.origin.kind !== when.origin) return false
  return when.policy === undefined || when.policy.includes(policyName(spec.policy))
}

/** Without its rule. */
function policyName(policy: string): string {
  return policy.split('/', 1)[0] ?? ''
}
