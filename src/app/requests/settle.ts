import { isActive } from '../../domain/block.ts'
import { answersTo, type Request, type Settlement } from '../../domain/request.ts'
import type { LedgerEvent } from '../../ledger/events.ts'
import { AppError } from '../app-error.ts'
import type { App } from '../context.ts'
import { type Caller, originOf, requireScope } from '../rights.ts'
import { requireRight } from '../use-cases.ts'
import { bytesOf, refuseOther, spoken, textOf, type Words } from './answer.ts'
import { recordedRequest } from './recorded.ts'
import { findOpen, sideOf } from './sight.ts'

/**
 * Lifts the block that a request asks for, and no other. Works whatever else is wrong, as every release does (law 4).
 * @throws AppError `not-found`, `request-settled`, `wrong-kind`, `forbidden`
 */
export async function grantRequest(
  app: App,
  caller: Caller,
  id: number,
  words: Partial<Words>,
): Promise<Request> {
  requireRight(caller, 'grantRequest')
  requireScope(caller, 'blocks:write')
  return app.ledger.commit(
    (head, now) => {
      const request = openOf(app, head, caller, id, 'unblock')
      const block = head.blocks.get(request.block ?? 0)
      // One whose time is over ends by itself.
      if (block === undefined || !isActive(block, now))
        throw new AppError(409, 'block-ended', `the block of request ${id} has ended already`)
      const released: LedgerEvent = {
        type: 'block.released',
        block: block.id,
        by: originOf(caller).token,
        why: `request Cordon#${id} was granted`,
      }
      return recordedRequest(head, id, [settled(caller, request, 'granted', words), released])
    },
    { bytes: bytesOf(words) + 1_024, always: true },
  )
}

/**
 * Leaves the block as it is, and says what has to be done before it can be lifted.
 * @throws AppError `not-found`, `request-settled`, `wrong-kind`, `invalid`
 */
export async function denyRequest(app: App, caller: Caller, id: number, words: Words): Promise<Request> {
  requireRight(caller, 'denyRequest')
  if (words.actions === undefined || words.actions.length === 0)
    throw new AppError(400, 'invalid', 'say what has to be done before the block can be lifted', {
      path: 'actions',
    })
  return settleAs(app, caller, id, 'unblock', 'denied', words)
}

/** The logs that were asked for have come (`received`), or nobody waits for them any more (`dropped`). */
export async function closeLogs(
  app: App,
  caller: Caller,
  id: number,
  how: 'received' | 'dropped',
  words: Partial<Words>,
): Promise<Request> {
  requireRight(caller, 'closeLogs')
  return settleAs(app, caller, id, 'logs', how, words)
}

/** Takes a request back, for the side that has asked. @throws AppError `not-found`, `request-settled`, `not-your-turn` */
export async function withdrawRequest(
  app: App,
  caller: Caller,
  id: number,
  words: Partial<Words>,
): Promise<Request> {
  requireRight(caller, 'withdrawRequest')
  return app.ledger.commit(
    (head) => {
      const request = findOpen(app, head, caller, id)
      const byPhone = sideOf(caller) === 'site' && request.words[0]?.as === 'site'
      if (sideOf(caller) === answersTo(request.kind) && !byPhone) refuseFiler(request)
      return recordedRequest(head, id, [settled(caller, request, 'withdrawn', words)])
    },
    { bytes: bytesOf(words), always: false },
  )
}

function refuseFiler({ id, kind }: Request): never {
  const who = kind === 'unblock' ? 'the department' : 'the security team'
  throw new AppError(403, 'not-your-turn', `request ${id} is for ${who} to withdraw, who has asked`)
}

function settleAs(
  app: App,
  caller: Caller,
  id: number,
  kind: Request['kind'],
  how: Exclude<Settlement, 'moot'>,
  words: Partial<Words>,
): Promise<Request> {
  return app.ledger.commit(
    (head) => {
      const request = openOf(app, head, caller, id, kind)
      return recordedRequest(head, id, [settled(caller, request, how, words)])
    },
    { bytes: bytesOf(words), always: false },
  )
}

function openOf(
  app: App,
  head: App['ledger']['head'],
  caller: Caller,
  id: number,
  kind: Request['kind'],
): Request {
  const request = findOpen(app, head, caller, id)
  if (request.kind !== kind) {
    const what =
      request.kind === 'logs' ? 'asks for logs; close it' : 'asks to lift a block; grant or deny it'
    throw new AppError(409, 'wrong-kind', `request ${id} ${what}`)
  }
  if (kind === 'unblock') refuseOther(request, sideOf(caller), 'decide')
  return request
}

function settled(
  caller: Caller,
  request: Request,
  how: Exclude<Settlement, 'moot'>,
  { text, actions }: Partial<Words>,
): LedgerEvent {
  return {
    type: 'request.settled',
    ...spoken(caller, request),
    how,
    ...(text === undefined ? {} : textOf({ text, ...(actions === undefined ? {} : { actions }) })),
  }
}
