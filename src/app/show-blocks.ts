import { type Block, isActive } from '../domain/block.ts'
import { isIdentity, type Target } from '../domain/target.ts'
import { type Holding, isGone } from '../engine/holdings.ts'
import { namedPrefixes } from '../inventory/inventory.ts'
import type { Recorded } from '../ledger/events.ts'
import type { Gap } from '../placement/place.ts'
import type { App } from './context.ts'
import { eventsOf } from './find-block.ts'
import { maySeeRequest } from './requests/their-request.ts'
import type { Caller } from './rights.ts'
import { findTheirs, isTheirs } from './sight.ts'
import { requireRight } from './use-cases.ts'

/**
 * Where a block stands: `proposed`, awaiting agreement; `pending`, not yet in force anywhere; `partial`, on some devices; `in-force`, on all of
 * its devices at the best evidence that each can give; `failed`, a device refuses it; `leaving`, ended and not yet
 * gone everywhere; `ended`.
 */
export type Standing = 'proposed' | 'pending' | 'partial' | 'in-force' | 'failed' | 'leaving' | 'ended'

/** A block and what is known of it in the network. */
export interface BlockView {
  readonly block: Block
  readonly standing: Standing
  readonly holdings: readonly Holding[]
  readonly gaps: readonly Gap[]
}

export function viewBlock(app: App, block: Block): BlockView {
  const holdings = app.engine.holdings(block)
  const { gaps, placed } = app.engine.placements.look(block)
  const shadows = isActive(block, app.clock.now()) ? app.engine.overlapsOf(placed).gaps : []
  return { block, standing: standingOf(app, block, holdings), holdings, gaps: [...gaps, ...shadows] }
}

export function standingOf(app: App, block: Block, holdings: readonly Holding[]): Standing {
  if (block.wanted === 'proposed') return 'proposed'
  if (!isActive(block, app.clock.now())) return isLeaving(app, block, holdings) ? 'leaving' : 'ended'
  const there = holdings.filter((holding) => holding.inForce).length
  if (there === holdings.length && there > 0) return 'in-force'
  if (holdings.some(isRefused)) return 'failed'
  return there > 0 ? 'partial' : 'pending'
}

/** A device said no. What it never answered is not known to have failed: it is read and told again. */
function isRefused({ error, state, inForce }: Holding): boolean {
  return error !== undefined && state !== 'maybe' && !inForce
}

/**
 * A rule that another active block wants stays; for the block that has ended it is over. The engine knows of what
 * ended since it began, with what stood beside its rules; of what ended before, the devices were found to hold it.
 */
function isLeaving(app: App, { id }: Block, holdings: readonly Holding[]): boolean {
  if (app.engine.remains.leavingFrom(id) !== undefined) return true
  return holdings.some(({ device, rule }) => {
    const entry = app.engine.devices.get(device)?.table.entries.get(rule)
    return !isGone(entry) && entry?.blocks === undefined
  })
}

/** @throws AppError `not-found` */
export async function showBlock(app: App, caller: Caller, id: number): Promise<BlockView> {
  requireRight(caller, 'showBlock')
  await app.ledger.settled()
  return viewBlock(app, await findTheirs(app, caller, id))
}

/** What the ledger says of a block, oldest first; of requests that the caller may not see, nothing. */
export async function blockHistory(app: App, caller: Caller, id: number): Promise<Recorded[]> {
  requireRight(caller, 'blockHistory')
  if (caller.departments !== undefined) await findTheirs(app, caller, id)
  const events: Recorded[] = []
  const unseen = new Set<number>()
  for await (const recorded of eventsOf(app, new Set([id]))) {
    const { event } = recorded
    if (event.type === 'request.filed' && !maySeeRequest(app, caller, event)) unseen.add(event.request)
    const request = 'request' in event ? event.request : undefined
    if (typeof request !== 'number' || !unseen.has(request)) events.push(recorded)
  }
  return events
}

export interface BlockFilter {
  /** Blocks whose host target shares an address with this. */
  readonly target?: Target
  readonly active?: boolean
  /** Whether it awaits agreement. */
  readonly proposed?: boolean
  readonly origin?: Block['origin']['kind']
  readonly ticket?: string
}

export interface Page {
  readonly views: readonly BlockView[]
  /** Number of the last block on the page, where more follow: the next page is before it. */
  readonly next: number | undefined
}

/** Blocks in memory, newest first. @param before the number that the last page ended with */
export async function listBlocks(
  app: App,
  caller: Caller,
  filter: BlockFilter,
  limit: number,
  before = Number.POSITIVE_INFINITY,
): Promise<Page> {
  requireRight(caller, 'listBlocks')
  await app.ledger.settled()
  const ids = candidates(app, filter).filter((id) => id < before)
  const views: BlockView[] = []
  for (let index = ids.length - 1; index >= 0; index -= 1) {
    const block = app.ledger.head.blocks.get(ids[index] ?? 0)
    if (block === undefined || !fits(block, filter, app.clock.now())) continue
    if (!isTheirs(app, caller, block)) continue
    if (views.length === limit) return { views, next: views.at(-1)?.block.id }
    views.push(viewBlock(app, block))
  }
  return { views, next: undefined }
}

function candidates(app: App, { target }: BlockFilter): number[] {
  const { head } = app.ledger
  if (target === undefined) return [...head.blocks.keys()]
  if (isIdentity(target)) return [...(head.byIdentity.get(target.name) ?? [])]
  const prefixes = namedPrefixes(app.inventory, target) ?? []
  const found = prefixes.flatMap((prefix) => head.byPrefix.overlapping(prefix).flatMap(([, ids]) => ids))
  return [...new Set(found)].sort((a, b) => a - b)
}

function fits(block: Block, filter: BlockFilter, now: number): boolean {
  if (filter.active !== undefined && isActive(block, now) !== filter.active) return false
  if (filter.proposed !== undefined && (block.proposal !== undefined) !== filter.proposed) return false
  if (filter.origin !== undefined && block.origin.kind !== filter.origin) return false
  return filter.ticket === undefined || block.ticket === filter.ticket
}
