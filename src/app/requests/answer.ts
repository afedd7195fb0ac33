import { answersTo, otherSide, type Request, type Side } from '../../domain/request.ts'
import type { RequestEvent } from '../../ledger/request-events.ts'
import type { State } from '../../ledger/state.ts'
import { AppError } from '../app-error.ts'
import type { App } from '../context.ts'
import { type Caller, originOf } from '../rights.ts'
import { requireRight } from '../use-cases.ts'
import { clockFrom, dueAfter } from './clock.ts'
import { recordedRequest } from './recorded.ts'
import { findOpen, findRequest, sideOf } from './sight.ts'

/** What somebody says about a request. */
export interface Words {
  readonly text: string
  /** What the other side is to do. */
  readonly actions?: readonly string[]
  /** The address that it came from, where it came by mail. */
  readonly mail?: string
}

/** Somebody of the side that has to answer sees to it. @throws AppError `not-found`, `request-settled`, `not-your-turn` */
export async function takeRequest(app: App, caller: Caller, id: number): Promise<Request> {
  requireRight(caller, 'takeRequest')
  return app.ledger.commit(
    (head) => {
      const request = findOpen(app, head, caller, id)
      refuseOther(request, sideOf(caller), 'take')
      const event: RequestEvent = { type: 'request.taken', ...spoken(caller, request) }
      return recordedRequest(head, id, [event])
    },
    { bytes: 1_024, always: false },
  )
}

/**
 * Says something about a request. Whoever has to answer hands the turn over by that, and the clock stands still until the
 * other side has spoken; what the other side says sets it going again. `keep`: the turn stays where it is.
 * @throws AppError `not-found`, `request-settled`
 */
export async function sayAbout(
  app: App,
  caller: Caller,
  id: number,
  words: Words & { readonly keep?: boolean },
): Promise<Request> {
  requireRight(caller, 'sayAbout')
  return app.ledger.commit(
    (head, now) => recordedRequest(head, id, [saidEvent(app, caller, head, now, id, words)]),
    { bytes: bytesOf(words), always: false },
  )
}

/** What that comes to at the head. @throws AppError as {@link sayAbout} */
export function saidEvent(
  app: App,
  caller: Caller,
  head: Readonly<State>,
  now: number,
  id: number,
  words: Words & { readonly keep?: boolean },
): RequestEvent {
  const request = findOpen(app, head, caller, id)
  const turn = words.keep === true ? request.turn : otherSide(sideOf(caller))
  return {
    type: 'request.said',
    ...spoken(caller, request, words),
    turn,
    ...dueAfter(app.site, request, turn, now),
    ...textOf(words),
  }
}

/**
 * Opens a request again that was denied or taken back; its clock begins anew.
 * @throws AppError `not-found`, `request-not-settled`, `block-ended`
 */
export async function reopenRequest(app: App, caller: Caller, id: number, words: Words): Promise<Request> {
  requireRight(caller, 'reopenRequest')
  return app.ledger.commit(
    (head, now) => recordedRequest(head, id, [reopenedEvent(app, caller, head, now, id, words)]),
    { bytes: bytesOf(words), always: false },
  )
}

/** What that comes to at the head. @throws AppError as {@link reopenRequest} */
export function reopenedEvent(
  app: App,
  caller: Caller,
  head: Readonly<State>,
  now: number,
  id: number,
  words: Words,
): RequestEvent {
  const request = findRequest(app, head, caller, id)
  refuseReopening(head, request)
  return {
    type: 'request.reopened',
    ...spoken(caller, request, words),
    ...clockFrom(app.site, request.kind, request.urgency, now),
    text: words.text,
  }
}

function refuseReopening(head: Readonly<State>, { id, kind, block, settled }: Request): void {
  if (settled === undefined)
    throw new AppError(409, 'request-not-settled', `request ${id} is open; add to it`)
  if (settled.how === 'granted' || settled.how === 'moot')
    throw new AppError(409, 'block-ended', `the block of request ${id} has ended; nothing is left to lift`)
  if (kind === 'unblock' && head.blocks.get(block ?? 0)?.wanted !== 'on')
    throw new AppError(409, 'block-ended', `the block of request ${id} has ended; nothing is left to lift`)
  const other = (block === undefined ? undefined : head.requestsOf.get(block))?.find((one) => {
    const found = head.requests.get(one)
    return found?.kind === kind && found.settled === undefined
  })
  if (kind === 'unblock' && other !== undefined)
    throw new AppError(409, 'request-open', `request ${other} asks for the same already; add to that one`)
}

/** What both sides do alike is done by whose turn it is meant to be. @throws AppError `not-your-turn` */
export function refuseOther(request: Request, as: Side, verb: string): void {
  if (as === answersTo(request.kind)) return
  const who = as === 'site' ? 'the department' : 'the security team'
  throw new AppError(403, 'not-your-turn', `request ${request.id} is for ${who} to ${verb}`)
}

/** By whom, for whom, and about what. */
export function spoken(caller: Caller, { id, block }: Request, { mail }: { readonly mail?: string } = {}) {
  return {
    request: id,
    ...(block === undefined ? {} : { block }),
    by: originOf(caller).token,
    as: sideOf(caller),
    ...(mail === undefined ? {} : { mail }),
  }
}

export function textOf({ text, actions }: Words) {
  return { text, ...(actions === undefined || actions.length === 0 ? {} : { actions }) }
}

/** The most bytes that the event of these words takes. */
export function bytesOf({ text, actions = [] }: Partial<Words>): number {
  return 2_048 + 6 * ((text?.length ?? 0) + actions.reduce((sum, action) => sum + action.length + 8, 0))
}
