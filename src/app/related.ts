import { type Block, otherEnd } from '../domain/block.ts'
import { type Prefix, prefixesOverlap } from '../domain/prefix.ts'
import { type IdentityTarget, isIdentity, type Target, targetText } from '../domain/target.ts'
import { namedPrefixes } from '../inventory/inventory.ts'
import { prefixesOf } from '../placement/expand.ts'
import type { App } from './context.ts'

/** Blocks in memory that hit a target, and how they come to. */
export function relatedBlocks(app: App, target: Target): { block: Block; because: string }[] {
  if (isIdentity(target)) return relatedToIdentity(app, target)
  const found = (namedPrefixes(app.inventory, target) ?? []).flatMap((prefix) => relatedToPrefix(app, prefix))
  return [...new Map(found.map((one) => [one.block.id, one])).values()]
}

function relatedToIdentity(app: App, { name }: IdentityTarget): { block: Block; because: string }[] {
  const { blocks, byIdentity } = app.ledger.head
  return (byIdentity.get(name) ?? []).flatMap((id) => {
    const block = blocks.get(id)
    if (block === undefined) return []
    const because =
      isIdentity(block.target) && block.target.name === name
        ? 'it is the target'
        : `it is a station of the target ${targetText(block.target)}`
    return [{ block, because }]
  })
}

function relatedToPrefix(app: App, target: Prefix): { block: Block; because: string }[] {
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
    ? `it belongs to ${targetText(block.target)}`
    : undefined
}
