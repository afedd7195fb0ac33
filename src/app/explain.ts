import { isActive } from '../domain/block.ts'
import { isIdentity, type Target, targetText } from '../domain/target.ts'
import { departmentsOfIdentity, isVisitor } from '../inventory/identities.ts'
import { isOwn, namedPrefixes, type ProtectedEntry } from '../inventory/inventory.ts'
import { protectedWithin } from '../placement/expand.ts'
import type { App } from './context.ts'
import { relatedBlocks } from './related.ts'
import type { Caller } from './rights.ts'
import { type BlockView, viewBlock } from './show-blocks.ts'
import { isTheirs, requireTheirs } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** Everything that affects a target, and why; or why nothing does. */
export interface Explanation {
  readonly target: Target
  readonly own: boolean
  readonly departments: readonly string[]
  /** Prefixes, or an account, a realm or a station. */
  readonly protected: readonly (Pick<ProtectedEntry, 'role' | 'name'> & { readonly prefix: string })[]
  /** Active blocks that hit traffic of the target, and how they come to. */
  readonly active: readonly (BlockView & { readonly because: string })[]
  /** Blocks that ended and are still remembered, the latest first. */
  readonly ended: readonly BlockView[]
  /** One sentence for people. */
  readonly summary: string
}

const MOST_ENDED = 20

export async function explain(app: App, caller: Caller, target: Target): Promise<Explanation> {
  requireRight(caller, 'explain')
  requireTheirs(app, caller, target)
  await app.ledger.settled()
  const now = app.clock.now()
  const all = relatedBlocks(app, target)
  const related = all.filter(({ block }) => isTheirs(app, caller, block))
  const wider = all.length - related.length
  const active = related
    .filter(({ block }) => isActive(block, now))
    .map(({ block, because }) => ({ ...viewBlock(app, block), because }))
  const ended = related
    .filter(({ block }) => !isActive(block, now))
    .sort((a, b) => (b.block.endedAt ?? 0) - (a.block.endedAt ?? 0))
    .slice(0, MOST_ENDED)
    .map(({ block }) => viewBlock(app, block))
  return {
    target,
    ...knownOf(app.inventory, target),
    active,
    ended,
    summary: [summarise(targetText(target), active, ended), ...ofOthers(wider)].join('; '),
  }
}

/** What the site has said of whom it is about. */
function knownOf(
  inventory: App['inventory'],
  target: Target,
): Pick<Explanation, 'own' | 'departments' | 'protected'> {
  if (isIdentity(target)) {
    const entry = inventory.accounts.protectedEntry(target)
    return {
      own: target.kind === 'account' && !isVisitor(inventory, target),
      departments: departmentsOfIdentity(inventory, target).slice(0, 1),
      protected: entry === undefined ? [] : [{ prefix: entry.who, role: 'any', name: entry.name }],
    }
  }
  const prefixes = namedPrefixes(inventory, target) ?? []
  return {
    own: prefixes.length > 0 && prefixes.every((prefix) => isOwn(inventory, prefix)),
    departments: prefixes.flatMap((prefix) =>
      inventory.departmentOf.overlapping(prefix).map(([, name]) => name),
    ),
    protected: protectedWithin(inventory, prefixes, 'both'),
  }
}

/** What a caller who sees only some departments may know of the rest. */
function ofOthers(count: number): string[] {
  return count === 0
    ? []
    : [
        `${count} more, wider than your departments, ${count === 1 ? 'is' : 'are'} shown to the security team only`,
      ]
}

function summarise(target: string, active: Explanation['active'], ended: Explanation['ended']): string {
  if (active.length > 0) {
    const held = active.filter((view) => view.standing === 'in-force').length
    return `${active.length} active ${active.length === 1 ? 'block affects' : 'blocks affect'} ${target}, ${held} of them in force everywhere they should be`
  }
  const leaving = ended.find((view) => view.standing === 'leaving')
  if (leaving !== undefined)
    return `block ${leaving.block.id} on ${target} has ended and is not yet gone from every device`
  const [last] = ended
  if (last !== undefined)
    return `nothing blocks ${target} now; the last block, ${last.block.id}, ${last.block.ending ?? 'ended'}`
  return `nothing that Cordon did or remembers affects ${target}`
}
