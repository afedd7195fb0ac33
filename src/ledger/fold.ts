import type { Recorded, Redacted, RequestAnswered } from './events.ts'
import { dropBlock, foldBlock } from './fold-block.ts'
import { foldBrake, isBrake } from './fold-brake.ts'
import { foldMessage, forgetMessages, forgetReceived, isMessage } from './fold-message.ts'
import { dropRequest, foldRequest, forgetRequests, isRequest } from './fold-request.ts'
import { foldTrigger, forgetTriggers } from './fold-trigger.ts'
import type { PersonKnown, TokenCreated } from './people-events.ts'
import type { State } from './state.ts'

/** How long an answered request is remembered, in milliseconds. */
export const ANSWER_KEPT = 24 * 3_600_000

/** Folds one event into the state. The only function that changes intent. */
export function fold(state: State, recorded: Recorded): void {
  state.seq = recorded.seq
  state.at = Math.max(state.at, recorded.at)
  const { event } = recorded
  if (event.type.startsWith('block.') || event.type === 'milestones') foldBlock(state, recorded)
  else if (isBrake(event)) foldBrake(state, event, recorded.at)
  else if (isRequest(event)) foldRequest(state, recorded, event)
  else if (isMessage(event)) foldMessage(state, recorded, event)
  else foldRest(state, recorded)
}

function foldRest(state: State, recorded: Recorded): void {
  const { seq, at, event, redacted } = recorded
  switch (event.type) {
    case 'trigger.taken':
      return foldTrigger(state, recorded, event)
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
      return addToken(state, event, at)
    case 'token.revoked':
      return revokeToken(state, event.token)
    case 'person.known':
      if (!redacted) notePerson(state, event, at)
      return
    case 'person.left':
      return letGo(state, event.person)
    case 'request.answered':
      if (!redacted) noteAnswer(state, event, seq, at)
      return
    case 'inventory.loaded':
      state.inventory = event.digest
      return
    case 'redacted':
      return forgetRedacted(state, event)
    default:
      return
  }
}

/** In one order, whichever way the event came: from a decision, or from the chain and its side file. */
function addToken(state: State, event: TokenCreated, at: number): void {
  const { token: id, person, departments, bounds } = event
  if (event.session === true && person !== undefined) state.logins.set(person, at)
  state.tokens.set(id, {
    id,
    hash: event.hash,
    name: event.name,
    scopes: event.scopes,
    roles: event.roles,
    origin: event.origin,
    ...(person === undefined ? {} : { person }),
    ...(departments === undefined ? {} : { departments }),
    ...(bounds === undefined ? {} : { bounds }),
    session: event.session === true,
    until: event.until,
    by: event.by,
    revoked: false,
  })
}

function notePerson(state: State, event: PersonKnown, at: number): void {
  const { person: id, name, subject, roles, departments, by } = event
  state.people.set(id, {
    ...{ id, name },
    ...(subject === undefined ? {} : { subject }),
    roles,
    ...(departments === undefined ? {} : { departments }),
    ...{ left: false, at, by },
  })
}

function letGo(state: State, id: string): void {
  const person = state.people.get(id)
  if (person !== undefined) state.people.set(id, { ...person, left: true })
  // For good: one who is added again begins with nothing of what they held before.
  for (const token of state.tokens.values()) if (token.person === id) revokeToken(state, token.id)
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
function forgetRedacted(state: State, { blocks, requests = [], events }: Redacted): void {
  for (const id of blocks) {
    const block = state.blocks.get(id)
    if (block?.wanted === 'off') dropBlock(state, block)
  }
  const gone = new Set(blocks)
  const left = state.ended.filter((id) => !gone.has(id))
  state.ended.length = 0
  for (const id of left) state.ended.push(id)
  const asked = new Set([...requests, ...blocks.flatMap((id) => state.requestsOf.get(id) ?? [])])
  for (const id of asked) dropRequest(state, id)
  for (const [target, { block }] of state.probation) if (gone.has(block)) state.probation.delete(target)
  const erased = new Set(events)
  forgetMessages(state, gone, asked, erased)
  for (const [key, { seq }] of state.answered) if (erased.has(seq)) state.answered.delete(key)
}

export function answerKey(token: string, key: string): string {
  return `${token} ${key}`
}

/**
 * Drops blocks that ended before `before`, and answers that are too old. They stay in the ledger.
 * @param most so many blocks at once
 * @returns whether no such block is left
 */
export function forget(state: State, before: number, now: number, most = Number.POSITIVE_INFINITY): boolean {
  let count = 0
  let isAll = true
  for (const id of state.ended) {
    const block = state.blocks.get(id)
    if (block !== undefined && (block.endedAt ?? 0) >= before) break
    isAll = count < most
    if (!isAll) break
    count += 1
    if (block !== undefined) dropBlock(state, block)
  }
  state.ended.splice(0, count)
  for (const [key, answer] of state.answered) {
    if (answer.at >= now - ANSWER_KEPT) break
    state.answered.delete(key)
  }
  forgetTriggers(state, before, now)
  forgetRequests(state, now)
  forgetReceived(state, now)
  return isAll
}
