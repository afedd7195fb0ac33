import { isActive, PEOPLE_NEEDED } from '../domain/block.ts'
import { type CoverageEffect, effectsOn, whyAsk } from '../guards/coverage.ts'
import { NO_ACCOUNTS } from '../inventory/accounts.ts'
import { compareInventories, type InventoryComparison } from '../inventory/compare.ts'
import { buildInventory, type Inventory, type ProtectedEntry, reviewsDue } from '../inventory/inventory.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import { LedgerFull } from '../ledger/ledger.ts'
import { LOCAL, type State } from '../ledger/state.ts'
import { AppError } from './app-error.ts'
import type { App } from './context.ts'
import { countsAlike } from './load.ts'
import { planDigest } from './plan.ts'
import { type Caller, originOf } from './rights.ts'
import { InventoryUnusable, type ReadInventory, type Site } from './site.ts'
import { requireRight } from './use-cases.ts'

/** The inventory that counts. */
export interface InventoryView {
  readonly site: Readonly<Site>
  readonly reviews: readonly ProtectedEntry[]
}

/** What another inventory is beside the one that counts, and what it would make of the blocks that are on. */
export interface InventoryPlan {
  readonly digest: string
  readonly comparison: InventoryComparison
  readonly effects: readonly CoverageEffect[]
  readonly needsRestart: readonly string[]
  /** Versions of the calendar, where it becomes another. */
  readonly calendar: { readonly before: string; readonly after: string } | undefined
  /** Why a person has to agree to it first. */
  readonly asks: string | undefined
}

export async function showInventory(app: App, caller: Caller): Promise<InventoryView> {
  requireRight(caller, 'showInventory')
  return { site: app.site, reviews: reviewsDue(app.inventory, app.clock.now()) }
}

/**
 * What would change if another inventory were loaded; nothing does.
 * @param text stands for the configuration file; its other files are read as they are. Left out: what would be loaded
 * @throws AppError `inventory-unusable`
 */
export async function planInventory(
  app: App,
  caller: Caller,
  text: string | undefined,
): Promise<InventoryPlan> {
  requireRight(caller, 'planInventory')
  const read = await readOrRefuse(app, text)
  await app.ledger.settled()
  return planOf(app, app.ledger.head, app.clock.now(), read)
}

function planOf(
  app: App,
  head: Readonly<State>,
  now: number,
  read: ReadInventory,
  before = app.site.inventory,
): InventoryPlan {
  const effects = coverageEffects(head, now, before, read.inventory)
  return {
    digest: read.digest,
    comparison: compareInventories(app.site.lists, read.lists),
    effects,
    needsRestart: read.needsRestart,
    calendar: calendarChange(app.site, read),
    asks: whyAsk(effects, activeBlocks(head), app.limits),
  }
}

function calendarChange({ calendar }: Site, read: ReadInventory): InventoryPlan['calendar'] {
  const [before, after] = [calendar.version, read.calendar.version]
  return before === after ? undefined : { before, after }
}

/** What another inventory would make of the blocks that are on. Their number does not decide what this costs. */
function coverageEffects(
  head: Readonly<State>,
  now: number,
  before: Inventory,
  after: Inventory,
): CoverageEffect[] {
  const ids = [...candidates(head, before, after)].sort((a, b) => a - b)
  return ids.flatMap((id) => {
    const block = head.blocks.get(id)
    return block === undefined || !isActive(block, now) ? [] : effectsOn(block, after)
  })
}

/** Blocks of which it is recorded what they cover, and those that something newly protected is in. */
function candidates(head: Readonly<State>, before: Inventory, after: Inventory): Set<number> {
  const ids = new Set(head.named)
  for (const [prefix, entries] of after.protected.entries()) {
    const known = before.protected.get(prefix) ?? []
    if (entries.every((entry) => known.some((one) => one.role === entry.role))) continue
    for (const [, found] of head.byPrefix.overlapping(prefix)) for (const id of [found].flat()) ids.add(id)
  }
  for (const identity of newlyProtected(head, before, after))
    for (const id of head.byIdentity.get(identity) ?? []) ids.add(id)
  return ids
}

/** Accounts and stations of blocks in memory that were not protected before. */
function newlyProtected(head: Readonly<State>, before: Inventory, after: Inventory): string[] {
  const known = new Set(before.accounts.protected.map(({ who }) => who))
  if (after.accounts.protected.every(({ who }) => known.has(who))) return []
  return [...head.byIdentity.keys()]
}

function activeBlocks({ activeBy }: Readonly<State>): number {
  let active = 0
  for (const count of activeBy.values()) active += count
  return active
}

async function readOrRefuse(app: App, text?: string): Promise<ReadInventory> {
  try {
    return await app.site.source.read(text)
  } catch (error) {
    if (!(error instanceof InventoryUnusable)) throw error
    if (text === undefined) app.site.failed = { at: app.clock.now(), problems: error.problems }
    throw new AppError(422, 'inventory-unusable', error.message)
  }
}

/**
 * Reads the inventory anew and lets it count: a target that has shrunk, and what is protected now, take effect at once;
 * what has grown is asked about. What cannot be used changes nothing; what would let many blocks go waits for a person,
 * and until then what either of the two protects is protected.
 * @param agree digest of the plan that was seen, where a person has to agree
 * @throws AppError `inventory-unusable`, `inventory-asks`
 */
export async function reloadInventory(
  app: App,
  caller: Caller,
  agree: string | undefined,
): Promise<InventoryPlan> {
  requireRight(caller, 'reloadInventory')
  return takeOver(app, await readOrRefuse(app), originOf(caller).token, agree)
}

/** The same by whoever runs the controller, such as by a signal. */
export async function reloadAsLocal(app: App): Promise<InventoryPlan> {
  return takeOver(app, await readOrRefuse(app), LOCAL.id, undefined)
}

/**
 * Compares what the ledger says of blocks with the inventory of a start, before anything is told to devices. What would let many
 * go is left as it is recorded, for a person.
 */
export async function settleInventory(app: App): Promise<void> {
  const { site } = app
  const { inventory, lists, digest, calendar, targets } = site
  const read = { inventory, lists, digest, calendar, targets, needsRestart: [] }
  // What was protected before the start is not known: all that is protected now may be new to blocks.
  const accounts = { ...(site.lists.accounts ?? NO_ACCOUNTS), protected: [] }
  const before = buildInventory({ ...site.lists, protected: [], accounts })
  await takeOver(app, read, LOCAL.id, undefined, before).catch((error: unknown) => {
    // Neither must keep a controller from starting: what is recorded stands, and releases work.
    if (!(error instanceof AppError || error instanceof LedgerFull)) throw error
    app.log.error(
      { error: error.message },
      'blocks stay as they are recorded, whatever the inventory says of them',
    )
  })
}

function takeOver(
  app: App,
  read: ReadInventory,
  by: string,
  agree: string | undefined,
  before?: Inventory,
): Promise<InventoryPlan> {
  return app.ledger.commit(
    (head, now) => {
      const plan = planOf(app, head, now, read, before)
      if (plan.asks !== undefined && agree !== read.digest) throw waiting(app, read, plan.asks, now)
      adopt(app, read, now)
      const known =
        head.inventory === read.digest ? [] : [{ type: 'inventory.loaded' as const, digest: read.digest, by }]
      const events = plan.effects.flatMap((effect) => eventsOf(app, head, now, effect, by))
      return { events: [...known, ...events], answer: plan }
    },
    // Each prefix of a coverage, before and after, in text.
    { bytes: 65_536 + 2_048 * app.ledger.head.named.size, always: false },
  )
}

function waiting(app: App, { lists, digest }: ReadInventory, why: string, now: number): AppError {
  const { site } = app
  site.asks = { at: now, digest, why }
  // Fail closed on adding (law 4): nothing new on what the one that waits protects.
  const accounts = site.lists.accounts ?? NO_ACCOUNTS
  const guarded = {
    ...site.lists,
    protected: [...site.lists.protected, ...lists.protected],
    accounts: { ...accounts, protected: [...accounts.protected, ...(lists.accounts?.protected ?? [])] },
  }
  app.inventory = buildInventory(guarded)
  return new AppError(409, 'inventory-asks', `${why}; look at it, and agree to it with the digest ${digest}`)
}

/** From here on it counts. */
function adopt(app: App, read: ReadInventory, now: number): void {
  const { inventory, lists } = read
  app.inventory = inventory
  app.engine.placements.adopt(inventory)
  if (!countsAlike(app.site.lists, lists)) app.load.adopt(inventory)
  Object.assign(app.site, {
    ...read,
    loadedAt: now,
    failed: undefined,
    asks: undefined,
  })
}

function eventsOf(
  app: App,
  head: Readonly<State>,
  now: number,
  { block: id, kind, before: covered, after, why }: CoverageEffect,
  by: string,
): LedgerEvent[] {
  if (kind === 'ends') return [{ type: 'block.released', block: id, by, why }]
  if (kind === 'covers')
    return [{ type: 'block.covers', block: id, before: covered, expansion: after, why, by }]
  const block = head.blocks.get(id)
  if (block === undefined) return []
  const digest = planDigest(block, after, app.engine.placements.place({ ...block, expansion: after }))
  // Asked before, and nobody has answered yet.
  const { proposal: before } = block
  if ((before?.digest === digest && now < before.expires) || block.emergency === true) return []
  const person = head.tokens.get(by)?.person
  const proposal = {
    digest,
    asks: [`${why}: ${PEOPLE_NEEDED} people must agree that it covers more`],
    expires: now + app.limits.proposals.lapse,
    agreed: person === undefined ? [] : [person],
    participants: [],
    grows: true as const,
  }
  return [{ type: 'block.grows', block: id, by, proposal }]
}
