import type { Block } from '../domain/block.ts'
import type { Clock } from '../domain/clock.ts'
import { inTurns } from '../domain/in-turns.ts'
import type { Prefix } from '../domain/prefix.ts'
import type { Whereabouts } from '../inventory/bindings.ts'
import { type Inventory, isOwn, leaseRuleOf } from '../inventory/inventory.ts'
import type { BlockFlagged, BlockMoved } from '../ledger/coverage-events.ts'
import { LOCAL, type State } from '../ledger/state.ts'
import type { App } from './context.ts'
import { prepareAgain } from './prepare-again.ts'
import { callerBehind } from './rights.ts'
import { isWithinBounds } from './sight.ts'

/** Blocks that are asked about, and changed, at once. */
const AT_ONCE = 500

type Change = BlockMoved | BlockFlagged

/** What became of blocks whose addresses changed hands. */
export interface Followed {
  readonly moved: number
  readonly flagged: number
}

/**
 * Looks where those are whom blocks of changing addresses are about: a block goes with them where the site says so and
 * every guard agrees, and is flagged for a person otherwise. More than bad feeds should move within an hour is flagged, too.
 * @throws BindingsUnavailable
 */
export function followLeases(app: App): Promise<Followed> {
  return app.moves.inTurn(() => follow(app))
}

async function follow(app: App): Promise<Followed> {
  await app.ledger.settled()
  const leased = await findLeased(app.clock, app.ledger.head)
  let [moved, flagged] = [0, 0]
  const changes: Change[] = []
  const { inventory } = app
  for (let at = 0; at < leased.length; at += AT_ONCE) {
    const blocks = leased.slice(at, at + AT_ONCE)
    const found = await app.leases.book.whereIs(blocks.flatMap((block) => whereIs(block, app.clock.now())))
    const pairs = blocks.map((block, index) => ({ block, found: found[index] }))
    const some = await inTurns(app.clock, pairs, (pair) => changeOf(app, pair.block, pair.found))
    changes.push(...some.flatMap((change) => change ?? []))
  }
  const meant = withinShare(app, changes)
  for (let at = 0; at < meant.length; at += AT_ONCE) {
    const done = await record(app, inventory, meant.slice(at, at + AT_ONCE))
    moved += countMoves(done)
    flagged += done.filter((change) => change.type === 'block.flagged' && change.why !== undefined).length
  }
  app.moves.note(moved, app.clock.monotonic())
  return { moved, flagged }
}

async function findLeased(clock: Clock, { blocks }: Readonly<State>): Promise<Block[]> {
  const found = await inTurns(clock, [...blocks.values()], (block) =>
    block.lease !== undefined && block.wanted !== 'off' ? [block] : [],
  )
  return found.flat()
}

function whereIs({ lease, target }: Block, now: number) {
  if (lease === undefined || target.kind !== 'host') return []
  return [{ holder: lease.holder, address: target.prefix, now }]
}

function changeOf(app: App, block: Block, found: Whereabouts | undefined): Change | undefined {
  const { target } = block
  if (found === undefined || target.kind !== 'host') return undefined
  const [there, ...more] = found.addresses.filter((address) => address !== target.prefix)
  if (found.state === 'same') return flag(block, there === undefined ? undefined : ALSO_ELSEWHERE)
  if (found.state === 'gone') return flag(block, found.taken ? TAKEN : undefined)
  const follows = leaseRuleOf(app.inventory, target.prefix) === 'follow'
  if (!follows || there === undefined || more.length > 0) return flag(block, MOVED)
  const against = whyNot(app, block, there)
  if (against !== undefined) return flag(block, `${MOVED}; the block does not go with it: ${against}`)
  const why = 'who it is about has another address by now'
  return { type: 'block.moved', block: block.id, before: target.prefix, prefix: there, why, by: LOCAL.id }
}

const ALSO_ELSEWHERE = 'who it is about has other addresses as well, which are not blocked'
const TAKEN = 'who it is about is not there any more, and somebody else has the address'
const MOVED = 'who it is about has another address by now'

const TOO_MANY = `${MOVED}, and too many blocks would have followed within an hour`

/** @param why left out: there is nothing to look at any more */
function flag({ id, flag: before }: Block, why: string | undefined): BlockFlagged | undefined {
  if (why === before) return undefined
  return { type: 'block.flagged', block: id, ...(why === undefined ? {} : { why }), by: LOCAL.id }
}

/** Why a block may not be about another address: the guards of a new one, and the bounds of whoever asked for it. */
function whyNot(app: App, block: Block, prefix: Prefix): string | undefined {
  // A feed may say anything of addresses that are not of this site.
  if (!isOwn(app.inventory, prefix)) return `${prefix} is not of this site`
  const there: Block = { ...block, target: { kind: 'host', prefix } }
  const { refusals, asks } = prepareAgain(app, there)
  const [first] = [...refusals, ...(block.wanted === 'on' ? asks : [])]
  if (first !== undefined) return first.message
  const { head } = app.ledger
  const token = head.tokens.get(block.origin.token)
  if (token === undefined) return undefined
  const confirmation = { now: app.clock.now(), rolesLast: app.logins.rolesLast }
  const caller = callerBehind(token, head, confirmation) ?? { token }
  return isWithinBounds(app, caller, prefix)
    ? undefined
    : `${prefix} is beyond what whoever asked for it may block`
}

/** A feed that is wrong must not carry many blocks elsewhere: a person sees each of them first (law 4). */
function withinShare(app: App, changes: readonly Change[]): readonly Change[] {
  const { ledger, log } = app
  const { plan } = app.limits
  const fresh = countMoves(changes)
  const moves = fresh + app.moves.lately(app.clock.monotonic())
  let active = 0
  for (const count of ledger.head.activeBy.values()) active += count
  if (fresh === 0 || moves <= plan.entries || moves <= active * plan.share) return changes
  log.error({ moves, active }, 'too many blocks would move within an hour; these stay, and are flagged')
  return changes.flatMap((change): Change[] => {
    if (change.type === 'block.flagged') return [change]
    const block = ledger.head.blocks.get(change.block)
    const flagged = block && flag(block, TOO_MANY)
    return flagged === undefined ? [] : [flagged]
  })
}

function countMoves(changes: readonly Change[]): number {
  return changes.filter(({ type }) => type === 'block.moved').length
}

/** Room for one of these in the ledger, in bytes. */
const CHANGE = 1_024

/** Records what still holds of this: a block, or the inventory, may have changed since it was looked at. */
function record(app: App, seen: Inventory, changes: readonly Change[]): Promise<readonly Change[]> {
  return app.ledger.commit(
    (head) => {
      const events = changes.filter((change) => stillHolds(app, head, seen, change))
      return { events, answer: events }
    },
    { bytes: CHANGE * changes.length, always: false },
  )
}

function stillHolds(app: App, { blocks }: Readonly<State>, seen: Inventory, change: Change): boolean {
  const block = blocks.get(change.block)
  if (block === undefined || block.wanted === 'off') return false
  if (change.type === 'block.flagged') return block.flag !== change.why
  if (block.target.kind !== 'host' || block.target.prefix !== change.before) return false
  // What awaited agreement may be on by now.
  const isAsSeen = app.inventory === seen && block.agreed === undefined
  return isAsSeen || whyNot(app, block, change.prefix) === undefined
}
