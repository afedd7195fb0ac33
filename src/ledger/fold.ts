import type { Block } from '../domain/block.ts'
import type {
  BlockAmended,
  BlockCreated,
  Milestones,
  Recorded,
  Redacted,
  RequestAnswered,
  TokenCreated,
} from './events.ts'
import { blocksOn, type State } from './state.ts'

/** How long an answered request is remembered, in milliseconds. */
export const ANSWER_KEPT = 24 * 3_600_000

/** Folds one event into the state. The only function that changes intent. */
export function fold(state: State, recorded: Recorded): void {
  state.seq = recorded.seq
  state.at = Math.max(state.at, recorded.at)
  const { event } = recorded
  if (event.type.startsWith('block.') || event.type === 'milestones') foldBlock(state, recorded)
  else foldRest(state, recorded)
}

function foldBlock(state: State, { at, event, redacted }: Recorded): void {
  switch (event.type) {
    case 'block.created':
      state.nextBlock = Math.max(state.nextBlock, event.block + 1)
      if (!redacted) restoreBlock(state, createdBlock(event, at))
      return
    case 'block.amended':
      return amendBlock(state, event)
    case 'block.released':
      return endBlock(state, event.block, 'released', at)
    case 'block.expired':
      return endBlock(state, event.block, 'expired', at)
    case 'milestones':
      return noteMilestones(state, event)
    default:
      return
  }
}

function foldRest(state: State, { seq, at, event, redacted }: Recorded): void {
  switch (event.type) {
    case 'memo':
      state.memos.set(event.device, event.memo)
      return
    case 'device.held':
      state.holds.set(event.device, { by: event.by, until: event.until, reason: event.reason })
      return
    case 'device.freed':
      state.holds.delete(event.device)
      return
    case 'token.created':
      return addToken(state, event)
    case 'token.revoked':
      return revokeToken(state, event.token)
    case 'breaker.tripped':
      state.breaker = { limit: event.limit, source: event.source, at }
      return
    case 'breaker.reset':
      state.breaker = undefined
      return
    case 'request.answered':
      if (!redacted) noteAnswer(state, event, seq, at)
      return
    case 'redacted':
      return forgetRedacted(state, event)
    default:
      return
  }
}

function addToken(state: State, { token: id, hash, name, scopes, origin, until }: TokenCreated): void {
  state.tokens.set(id, { id, hash, name, scopes, origin, until, revoked: false })
}

function revokeToken(state: State, id: string): void {
  const token = state.tokens.get(id)
  if (token !== undefined) state.tokens.set(id, { ...token, revoked: true })
}

function noteAnswer(
  state: State,
  { token, key, digest, blocks }: RequestAnswered,
  seq: number,
  at: number,
): void {
  // Behind all others, because they are forgotten from the front.
  state.answered.delete(answerKey(token, key))
  state.answered.set(answerKey(token, key), { seq, digest, blocks, at })
}

/** What was erased leaves memory too. */
function forgetRedacted(state: State, { blocks, events }: Redacted): void {
  for (const id of blocks) {
    const block = state.blocks.get(id)
    if (block?.wanted === 'off') dropBlock(state, block)
  }
  const gone = new Set(blocks)
  const left = state.ended.filter((id) => !gone.has(id))
  state.ended.length = 0
  for (const id of left) state.ended.push(id)
  const erased = new Set(events)
  for (const [key, { seq }] of state.answered) if (erased.has(seq)) state.answered.delete(key)
}

export function answerKey(token: string, key: string): string {
  return `${token} ${key}`
}

const NOWHERE: readonly string[] = Object.freeze([])

function createdBlock(event: BlockCreated, at: number): Block {
  const {
    block: id,
    target,
    match,
    direction,
    action,
    collateral,
    scope,
    origin,
    reason,
    ticket,
    until,
  } = event
  return {
    id,
    target,
    ...(match === undefined ? {} : { match }),
    direction,
    action,
    collateral,
    scope,
    origin,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    createdAt: at,
    until,
    wanted: 'on',
    version: 1,
    seenOn: NOWHERE,
  }
}

/** Puts a block, active or ended, into the state and its indexes: from an event, or from a checkpoint. */
export function restoreBlock(state: State, block: Block): void {
  state.blocks.set(block.id, block)
  if (block.target.kind === 'host') {
    const there = blocksOn(state, block.target.prefix)
    state.byPrefix.set(block.target.prefix, there.length === 0 ? block.id : [...there, block.id])
  } else state.named.add(block.id)
  if (block.wanted === 'off') {
    state.ended.push(block.id)
    return
  }
  state.activeBy.set(block.origin.token, (state.activeBy.get(block.origin.token) ?? 0) + 1)
  if (block.origin.kind === 'automatic') state.automatic.add(block.id)
}

function amendBlock(state: State, event: BlockAmended): void {
  const block = state.blocks.get(event.block)
  if (block === undefined || block.wanted === 'off') return
  state.blocks.set(block.id, {
    ...block,
    ...(event.until === undefined ? {} : { until: event.until }),
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.ticket === undefined ? {} : { ticket: event.ticket }),
    version: block.version + 1,
  })
}

function endBlock(state: State, id: number, ending: 'released' | 'expired', at: number): void {
  const block = state.blocks.get(id)
  if (block === undefined || block.wanted === 'off') return
  state.blocks.set(id, { ...block, wanted: 'off', endedAt: at, ending, version: block.version + 1 })
  state.ended.push(id)
  state.automatic.delete(id)
  const left = (state.activeBy.get(block.origin.token) ?? 1) - 1
  if (left === 0) state.activeBy.delete(block.origin.token)
  else state.activeBy.set(block.origin.token, left)
}

function noteMilestones(state: State, event: Milestones): void {
  if (event.reached !== 'in-force') return
  for (const id of event.blocks) {
    const block = state.blocks.get(id)
    if (block === undefined || block.seenOn.includes(event.device)) continue
    // In place: a copy for each device of each block would cost more than everything else in this fold.
    const noted: { seenOn: readonly string[] } = block
    noted.seenOn = extendList(state, block.seenOn, event.device)
  }
}

export function listKey(names: readonly string[]): string {
  return names.join('\n')
}

/** Blocks that were seen on the same devices share one list, so that each costs one reference. */
function extendList(state: State, list: readonly string[], name: string): readonly string[] {
  const names = [...list, name]
  const key = listKey(names)
  const shared = state.deviceLists.get(key) ?? names
  if (shared === names) state.deviceLists.set(key, names)
  return shared
}

/** Drops ended blocks that ended before `before`, and answers that are too old. They stay in the ledger. */
export function forget(state: State, before: number, now: number): void {
  let count = 0
  for (const id of state.ended) {
    const block = state.blocks.get(id)
    if (block !== undefined && (block.endedAt ?? 0) >= before) break
    count += 1
    if (block !== undefined) dropBlock(state, block)
  }
  state.ended.splice(0, count)
  for (const [key, answer] of state.answered) {
    if (answer.at >= now - ANSWER_KEPT) break
    state.answered.delete(key)
  }
}

function dropBlock(state: State, block: Block): void {
  state.blocks.delete(block.id)
  state.named.delete(block.id)
  if (block.target.kind !== 'host') return
  const rest = blocksOn(state, block.target.prefix).filter((id) => id !== block.id)
  const [only] = rest
  if (only === undefined) state.byPrefix.delete(block.target.prefix)
  else state.byPrefix.set(block.target.prefix, rest.length === 1 ? only : rest)
}
