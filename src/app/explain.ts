import { type Block, isActive, otherEnd } from '../domain/block.ts'
import { type Prefix, prefixesOverlap } from '../domain/prefix.ts'
import { isOwn, type ProtectedEntry } from '../inventory/inventory.ts'
import { prefixesOf, protectedWithin } from '../placement/expand.ts'
import type { App } from './context.ts'
import type { Caller } from './rights.ts'
import { type BlockView, viewBlock } from './show-blocks.ts'
import { isTheirs, requireTheirs } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** Everything that affects an address, and why; or why nothing does. */
export interface Explanation {
  readonly target: Prefix
  readonly own: boolean
  readonly departments: readonly string[]
  readonly protected: readonly ProtectedEntry[]
  /** Active blocks that hit traffic of the target, and how they come to. */
  readonly active: readonly (BlockView & { readonly because: string })[]
  /** Blocks that ended and are still remembered, the latest first. */
  readonly ended: readonly BlockView[]
  /** One sentence for people. */
  readonly summary: string
}

const MOST_ENDED = 20

export async function explain(app: App, caller: Caller, target: Prefix): Promise<Explanation> {
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
    own: isOwn(app.inventory, target),
    departments: app.inventory.departmentOf.overlapping(target).map(([, name]) => name),
    protected: protectedWithin(app.inventory, [target], 'both'),
    active,
    ended,
    summary: [summarise(target, active, ended), ...ofOthers(wider)].join('; '),
  }
}

/** Blocks in memory that hit traffic of a target, and how they come to. */
export function relatedBlocks(app: App, target: Prefix): { block: Block; because: string }[] {
  const { blocks, byPrefix, byOtherEnd, named } = app.ledger.head
  const near = [byPrefix, byOtherEnd].flatMap((index) => index.overlapping(target).flatMap(([, ids]) => ids))
  return [...new Set([...near, ...named])]
    .sort((a, b) => a - b)
    .flatMap((id) => {
      const block = blocks.get(id)
      const because = block === undefined ? undefined : whyRelated(app, block, target)
      return block === undefined || because === undefined ? [] : [{ block, because }]
    })
}

function whyRelated(app: App, block: Block, target: Prefix): string | undefined {
  if (block.target.kind === 'host') {
    if (prefixesOverlap(block.target.prefix, target))
      return block.target.prefix === target
        ? 'it is the target'
        : `it shares addresses with the target ${block.target.prefix}`
    const other = otherEnd(block)
    return other !== undefined && prefixesOverlap(other, target)
      ? `it is the other end (${other}) of what is blocked`
      : undefined
  }
  // What is protected was carved out of it, and is not hit.
  return prefixesOf(block, app.inventory).some((prefix) => prefixesOverlap(prefix, target))
    ? `it belongs to ${block.target.kind} ${block.target.name}`
    : undefined
}

/** What a caller who sees only some departments may know of the rest. */
function ofOthers(count: number): string[] {
  return count === 0
    ? []
    : [
        `${count} more, wider than your departments, ${count === 1 ? 'is' : 'are'} shown to the security team only`,
      ]
}

function summarise(target: Prefix, active: Explanation['active'], ended: Explanation['ended']): string {
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
