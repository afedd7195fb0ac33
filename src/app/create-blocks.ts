import { hash } from 'node:crypto'
import type { Block } from '../domain/block.ts'
import { inTurns } from '../domain/in-turns.ts'
import { prefixContains } from '../domain/prefix.ts'
import type { BlockCreated, BlockProposed, LedgerEvent } from '../ledger/events.ts'
import { answerKey } from '../ledger/fold.ts'
import type { Decided } from '../ledger/ledger.ts'
import { emergenciesLately } from '../ledger/own-hosts.ts'
import { ownerOf, type State } from '../ledger/state.ts'
import { AppError, refused } from './app-error.ts'
import { type Added, checkAtHead, decisionOf, noteAdded, nothingAdded, waitingOf } from './at-head.ts'
import { type Asked, beginningOf } from './begin.ts'
import { refuseByBrakes } from './brake.ts'
import type { App, Deciding } from './context.ts'
import { type NewBlock, type Prepared, participantsOf, prepareBlock, type Resolved } from './prepare.ts'
import { nearOf, type Quota } from './quota.ts'
import { quotasOf, type Touched, touchedBy } from './quotas.ts'
import { resolveRequests } from './resolve.ts'
import { type Caller, originOf } from './rights.ts'
import { holderOf } from './role-rule.ts'
import { requireRight } from './use-cases.ts'

/** What became of one requested block. */
export type Created =
  | { readonly ok: true; readonly block: Block }
  | { readonly ok: false; readonly error: AppError }

/** The answer to a request for blocks, one item for each that was asked for. */
export interface CreatedBlocks {
  readonly items: readonly Created[]
  /** Whether the same request had been answered before. */
  readonly replayed: boolean
  /** Quotas that this request uses and that are nearly used up; of one that had been answered before there are none. */
  readonly near: readonly Quota[]
}

/** The most blocks in one request. */
export const MOST_AT_ONCE = 1_000

/**
 * Decides about blocks and records those that are taken, all in one commit. `key` is the Idempotency-Key: a
 * repeated request gets the first answer, another request under the same key is refused.
 * @throws AppError
 */
export async function createBlocks(
  app: App,
  caller: Caller,
  requests: readonly NewBlock[],
  key: string,
): Promise<CreatedBlocks> {
  requireRight(caller, 'createBlocks')
  const text = JSON.stringify(requests)
  const digest = hash('sha256', text, 'base64url')
  const origin = originOf(caller)
  const resolved = await resolveRequests(app, caller, requests)
  const { inventory } = app
  const prepared = await inTurns(app.clock, resolved, (one) => tryPrepare(app, caller, one))
  return app.ledger.commit(
    (head, now) => {
      const before = head.answered.get(answerKey(origin.token, key))
      if (before !== undefined) return replay(head, before, digest)
      // Guards have to have seen what counts now: something may have become protected meanwhile.
      const seen =
        app.inventory === inventory ? prepared : resolved.map((one) => tryPrepare(app, caller, one))
      return decide(app, head, now, caller, requests, seen, { key, digest })
    },
    { bytes: 2_048 + 6 * text.length + 1_024 * requests.length + roomForNames(prepared), always: false },
  )
}

/** Bytes that the names of departments take: a wide block may be in many. */
function roomForNames(prepared: readonly (Prepared | AppError)[]): number {
  return prepared.reduce(
    (sum, one) => sum + (one instanceof AppError ? 0 : JSON.stringify(one.departments).length),
    0,
  )
}

function tryPrepare(app: App, caller: Caller, resolved: Resolved | AppError): Prepared | AppError {
  if (resolved instanceof AppError) return resolved
  try {
    return prepareBlock(app, caller, resolved)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

function replay(
  head: Readonly<State>,
  before: { digest: string; blocks: readonly number[] },
  digest: string,
): Decided<CreatedBlocks> {
  if (before.digest !== digest) {
    throw new AppError(
      422,
      'idempotency-mismatch',
      'this Idempotency-Key was used for another request; use a new one',
    )
  }
  const items = before.blocks.map((id): Created => {
    const block = head.blocks.get(id)
    if (block !== undefined) return { ok: true, block }
    const was = id === REFUSED ? 'a refusal' : `block ${id}, which ended long ago`
    return {
      ok: false,
      error: new AppError(
        409,
        'answered-before',
        `this was answered before, with ${was}; use a new Idempotency-Key to ask anew`,
      ),
    }
  })
  return { events: [], answer: { items, replayed: true, near: [] } }
}

/** Stands among the blocks of an answer for an item that was refused. */
const REFUSED = 0

type Idempotency = Pick<Extract<LedgerEvent, { type: 'request.answered' }>, 'key' | 'digest'>

function decide(
  app: App,
  head: Readonly<State>,
  now: number,
  caller: Caller,
  requests: readonly NewBlock[],
  prepared: readonly (Prepared | AppError)[],
  idempotency: Idempotency,
): Decided<CreatedBlocks> {
  const events: LedgerEvent[] = []
  const added = nothingAdded(app)
  const items = requests.map((request, index): AppError | number => {
    const one = prepared[index] ?? new AppError(500, 'internal', 'the request was not read')
    return one instanceof AppError ? one : decideOne(app, head, now, caller, one, request, added, events)
  })
  // A request of which nothing was taken is not remembered: it may be tried again as it is.
  if (added.blocks > 0) {
    const blocks = items.map((item) => (typeof item === 'number' ? item : REFUSED))
    events.push({ type: 'request.answered', token: caller.token.id, ...idempotency, blocks })
  }
  return { events, answer: answerOf(app, head, caller, items, touchedBy(added)) }
}

/**
 * Decides about one block with what is at the head. @param events of the same request so far; what is to be recorded is
 * added to them
 * @returns the number of the block, or why there is none
 */
export function decideOne(
  app: Deciding,
  head: Readonly<State>,
  now: number,
  caller: Caller,
  one: Prepared,
  request: Asked & Pick<NewBlock, 'attack'>,
  added: Added,
  events: LedgerEvent[],
): number | AppError {
  const origin = originOf(caller)
  const atHead = checkAtHead(app, head, now, caller, one, added)
  const braked = refuseByBrakes(app, head, now, origin, one, request, added.load, events)
  const refusals = [...one.refusals, ...atHead.refusals, ...braked]
  if (refusals.length > 0) return refused(refusals)
  const asks = [...one.asks, ...atHead.asks]
  const id = head.nextBlock + added.blocks
  const person = caller.person?.id
  const participants = participantsOf(app, one)
  const event = beginningOf({
    id,
    now,
    prepared: one,
    request,
    origin,
    person,
    asks,
    participants,
    limits: app.limits,
  })
  const waiting =
    event.proposal === undefined ? undefined : refuseWaiting(app, head, caller, event, now, added)
  if (waiting !== undefined) return waiting
  events.push(event)
  noteAdded(added, head, decisionOf(event), one.radius.ownHosts)
  app.engine.placements.foresee(id, one.placement)
  return id
}

/** Why something that others must agree to may not even wait for that. */
function refuseWaiting(
  { limits, inventory }: Deciding,
  head: Readonly<State>,
  caller: Caller,
  event: BlockCreated | BlockProposed,
  now: number,
  { proposals, emergencies }: Added,
): AppError | undefined {
  if (event.type === 'block.created')
    return refuseAllOfOwn(inventory, event) ?? refuseEmergency(limits, head, caller, now, emergencies)
  const waiting = waitingOf(head, ownerOf(head, caller.token.id)).length + proposals
  if (waiting < limits.proposals.waiting) return undefined
  const message = `${waiting} blocks of yours wait for agreement, as many as may; withdraw some first`
  return refused([{ guard: 'totals', code: 'too-many-proposals', message }])
}

/** The blocks are in the head only once the events are folded, so they are looked up when they are asked for. */
function answerOf(
  app: App,
  head: Readonly<State>,
  caller: Caller,
  items: readonly (AppError | number)[],
  touched: Touched,
): CreatedBlocks {
  return {
    replayed: false,
    get items() {
      return items.map(
        (item): Created =>
          typeof item === 'number' ? { ok: true, block: blockNow(head, item) } : { ok: false, error: item },
      )
    },
    get near() {
      if (!touched.begins && !touched.proposals) return []
      const holder = holderOf(app.limits, head, caller)
      return nearOf(quotasOf(app, head, app.clock.now(), holder, nothingAdded(app), touched))
    },
  }
}

function blockNow(head: Readonly<State>, id: number): Block {
  const block = head.blocks.get(id)
  if (block === undefined) throw new Error(`block ${id} is not in the head right after it was recorded`)
  return block
}

/** No emergency of one person's takes a whole network of ours away. */
function refuseAllOfOwn({ own }: App['inventory'], { target }: BlockCreated): AppError | undefined {
  if (target.kind !== 'host') return undefined
  const [all] = own.overlapping(target.prefix).find(([prefix]) => prefixContains(target.prefix, prefix)) ?? []
  if (all === undefined) return undefined
  const message = `${target.prefix} is all of our own ${all}: others have to agree before it begins`
  return refused([{ guard: 'space', code: 'emergency-all-of-own', message }])
}

/** What one person lets begin may not stand in for the agreement of others. */
function refuseEmergency(
  { proposals }: App['limits'],
  head: Readonly<State>,
  caller: Caller,
  now: number,
  added: number,
): AppError | undefined {
  if (!caller.scopes.has('blocks:break-glass'))
    return new AppError(403, 'forbidden', 'breaking the glass needs the right blocks:break-glass')
  const before = emergenciesLately(head, ownerOf(head, caller.token.id), now).length
  if (before + added < proposals.emergencies) return undefined
  const message = `you broke the glass ${before + added} times within a day, as often as one person may; others have to agree`
  return refused([{ guard: 'totals', code: 'too-many-emergencies', message }])
}
