import {
  answersTo,
  LONGEST_PROBATION,
  otherSide,
  pausesAfter,
  type Reminder,
  type Request,
  type RequestClock,
  type RequestWord,
} from '../domain/request.ts'
import { targetText } from '../domain/target.ts'
import type { Recorded } from './events.ts'
import type {
  RequestDue,
  RequestEvent,
  RequestFiled,
  RequestReopened,
  RequestSaid,
  RequestSettled,
} from './request-events.ts'
import type { State } from './state.ts'

const DAY = 24 * 3_600_000
/** How long a request that is settled can be opened again, and answered by mail. */
export const SETTLED_KEPT = 30 * DAY

export function isRequest(event: { readonly type: string }): event is RequestEvent {
  // `request.answered` is about requests of HTTP.
  return event.type.startsWith('request.') && event.type !== 'request.answered'
}

/** Folds what is said of a request. Of one whose beginning was erased nothing is kept. */
export function foldRequest(state: State, { at, redacted }: Recorded, event: RequestEvent): void {
  if (event.type === 'request.filed') {
    state.nextBlock = Math.max(state.nextBlock, event.request + 1)
    if (!redacted) keep(state, filed(event, at))
    return
  }
  const request = state.requests.get(event.request)
  if (request === undefined) return
  if (event.type === 'request.settled' && event.how === 'granted') noteGranted(state, request, at)
  // Who had taken it may not be there any more: somebody has to look at it again.
  const { settled: _, takenBy: __, ...open } = request
  const before = event.type === 'request.reopened' ? open : request
  state.requests.set(request.id, { ...before, ...changed(request, event, at), version: request.version + 1 })
}

function changed(request: Request, event: Exclude<RequestEvent, RequestFiled>, at: number): Partial<Request> {
  switch (event.type) {
    case 'request.taken':
      return { takenBy: event.by, clock: seen(request.clock), words: [...request.words, wordOf(event, at)] }
    case 'request.said':
      return said(request, event, at)
    case 'request.settled':
      return settled(request, event, at)
    case 'request.reopened':
      return reopened(request, event, at)
    case 'request.due':
      return {
        clock: dueAnew(request.clock, event),
        reminded: request.reminded.filter((stage) => stillHolds(stage, event, at)),
      }
    case 'request.reminded':
      return { reminded: [...request.reminded, event.stage] }
  }
}

function filed(event: RequestFiled, at: number): Request {
  const { request: id, kind, block, departments, urgency, logs, by, due, calendar, acknowledgeBy } = event
  return {
    ...{ id, kind },
    ...(block === undefined ? {} : { block }),
    ...{ departments, urgency },
    ...(logs === undefined ? {} : { logs }),
    ...{ filedAt: at, by, turn: answersTo(kind) },
    clock: { from: at, pauses: [], due, acknowledgeBy, calendar },
    ...{ reminded: [], words: [wordOf(event, at)], version: 1 },
  }
}

function said(request: Request, event: RequestSaid, at: number): Partial<Request> {
  const { turn, due, calendar, as } = event
  const acknowledged = as === answersTo(request.kind) ? seen(request.clock) : request.clock
  return {
    turn,
    clock: { ...acknowledged, pauses: pausesAfter(request, turn, at), due, calendar },
    // Another time that is due is told of anew.
    reminded: request.turn === turn ? request.reminded : [],
    words: [...request.words, wordOf(event, at)],
  }
}

function settled(request: Request, event: RequestSettled, at: number): Partial<Request> {
  return {
    turn: otherSide(answersTo(request.kind)),
    clock: { ...seen(request.clock), due: null },
    settled: { how: event.how, at },
    words: [...request.words, wordOf(event, at)],
  }
}

function reopened(request: Request, event: RequestReopened, at: number): Partial<Request> {
  const { due, calendar, acknowledgeBy } = event
  return {
    turn: answersTo(request.kind),
    clock: { from: at, pauses: [], due, acknowledgeBy, calendar },
    reminded: [],
    words: [...request.words, wordOf(event, at)],
  }
}

function dueAnew(clock: RequestClock, { due, before, calendar, acknowledgeBy }: RequestDue): RequestClock {
  return { ...clock, before, due, calendar, ...(acknowledgeBy === undefined ? {} : { acknowledgeBy }) }
}

/** What was late by another calendar and is not by this one is reminded of again when it is. */
function stillHolds(stage: Reminder, { due, acknowledgeBy }: RequestDue, at: number): boolean {
  if (stage === 'soon') return true
  const time = stage === 'unacknowledged' ? acknowledgeBy : due
  return time === undefined || time === null || time <= at
}

/** Somebody of the side that has to answer has looked at it. */
function seen({ acknowledgeBy: _, ...clock }: RequestClock): RequestClock {
  return clock
}

type Spoken = Exclude<RequestEvent, { readonly type: 'request.due' | 'request.reminded' }>

const WHAT = {
  'request.filed': 'filed',
  'request.taken': 'taken',
  'request.said': 'said',
  'request.settled': 'settled',
  'request.reopened': 'reopened',
} as const satisfies Readonly<Record<Spoken['type'], RequestWord['what']>>

function wordOf(event: Spoken, at: number): RequestWord {
  const { as, by, mail } = event
  const actions = 'actions' in event ? event.actions : undefined
  return {
    ...{ at, what: WHAT[event.type], as, by },
    ...('text' in event && event.text !== undefined ? { text: event.text } : {}),
    ...(actions === undefined ? {} : { actions }),
    ...(mail === undefined ? {} : { mail }),
  }
}

function noteGranted({ blocks, probation }: State, { id, block: of }: Request, at: number): void {
  const block = of === undefined ? undefined : blocks.get(of)
  if (block === undefined) return
  const target = targetText(block.target)
  // Behind all others, as they are forgotten from the front.
  probation.delete(target)
  probation.set(target, { block: block.id, request: id, at, byHand: block.trigger === undefined })
}

function keep(state: State, request: Request): void {
  state.requests.set(request.id, request)
  if (request.block === undefined) return
  state.requestsOf.set(request.block, [...(state.requestsOf.get(request.block) ?? []), request.id])
}

/** Makes the index of what a checkpoint has of requests. */
export function restoreRequests(state: State): void {
  for (const request of [...state.requests.values()]) keep(state, request)
}

/** A block has ended: whoever asks for that has it. */
export function settleMoot(state: State, block: number, at: number): void {
  for (const id of state.requestsOf.get(block) ?? []) {
    const request = state.requests.get(id)
    if (request?.kind !== 'unblock' || request.settled !== undefined) continue
    state.requests.set(id, {
      ...request,
      turn: 'department',
      clock: { ...request.clock, due: null },
      settled: { how: 'moot', at },
      version: request.version + 1,
    })
  }
}

export function dropRequest(state: State, id: number): void {
  const request = state.requests.get(id)
  if (request === undefined) return
  state.requests.delete(id)
  if (request.block === undefined) return
  const left = (state.requestsOf.get(request.block) ?? []).filter((other) => other !== id)
  if (left.length === 0) state.requestsOf.delete(request.block)
  else state.requestsOf.set(request.block, left)
}

/** Drops requests that were settled so long ago that nothing comes of them any more. */
export function forgetRequests(state: State, now: number): void {
  for (const { id, settled: end } of [...state.requests.values()])
    if (end !== undefined && end.at < now - SETTLED_KEPT) dropRequest(state, id)
  for (const [target, { at }] of state.probation) {
    if (at > now - LONGEST_PROBATION) break
    state.probation.delete(target)
  }
}
