import type { Request, Side } from '../../domain/request.ts'
import type { State } from '../../ledger/state.ts'
import { AppError, notFound } from '../app-error.ts'
import type { App } from '../context.ts'
import type { Caller } from '../rights.ts'
import { isTheirs } from '../sight.ts'
import { isTheirRequest, maySeeRequest } from './their-request.ts'

/** For whom somebody speaks: who may decide, for the security team; anybody else, for the departments. */
export function sideOf({ scopes }: Pick<Caller, 'scopes'>): Side {
  return scopes.has('requests:decide') ? 'site' : 'department'
}

/** A request that the caller may see. What they may not see is not there. @throws AppError `not-found` */
export function findRequest(
  app: Pick<App, 'inventory'>,
  head: Readonly<State>,
  caller: Pick<Caller, 'departments' | 'scopes'>,
  id: number,
): Request {
  const request = head.requests.get(id)
  if (request !== undefined && isTheirRequest(app, caller, request)) return request
  throw blockInstead(app, head, caller, id) ?? notFound(`request ${id}`)
}

/** Blocks and requests share their numbers, so that one is easily taken for the other. */
function blockInstead(
  app: Pick<App, 'inventory'>,
  head: Readonly<State>,
  caller: Pick<Caller, 'departments' | 'scopes'>,
  id: number,
): AppError | undefined {
  const block = head.blocks.get(id)
  if (block === undefined || !caller.scopes.has('blocks:read') || !isTheirs(app, caller, block))
    return undefined
  const words = `Cordon#${id} is a block and no request; look with: cordon show ${id}`
  return new AppError(404, 'not-found', words)
}

/** Requests in memory about a block that the caller may see, the oldest first. */
export function requestsAbout(
  app: Pick<App, 'inventory' | 'ledger'>,
  caller: Pick<Caller, 'departments' | 'scopes'>,
  block: number,
): readonly Request[] {
  const { requests, requestsOf } = app.ledger.head
  const ids = requestsOf.get(block)
  if (ids === undefined) return []
  return ids.flatMap((id) => {
    const request = requests.get(id)
    return request === undefined || !maySeeRequest(app, caller, request) ? [] : [request]
  })
}

/** The same, where it must be open. @throws AppError `not-found`, `request-settled` */
export function findOpen(
  app: Pick<App, 'inventory'>,
  head: Readonly<State>,
  caller: Pick<Caller, 'departments' | 'scopes'>,
  id: number,
): Request {
  const request = findRequest(app, head, caller, id)
  if (request.settled === undefined) return request
  const { how } = request.settled
  const next = how === 'denied' || how === 'withdrawn' ? '; open it again, saying what is different now' : ''
  throw new AppError(409, 'request-settled', `request ${id} is settled (${how})${next}`)
}
