import type { Request, Side } from '../../domain/request.ts'
import { belongsTo } from '../../inventory/inventory.ts'
import type { State } from '../../ledger/state.ts'
import { AppError, notFound } from '../app-error.ts'
import type { App } from '../context.ts'
import type { Caller } from '../rights.ts'

/** For whom somebody speaks: who may decide, for the security team; anybody else, for the departments. */
export function sideOf({ scopes }: Pick<Caller, 'scopes'>): Side {
  return scopes.has('requests:decide') ? 'site' : 'department'
}

/** Whether a request is the caller's to see: all that it concerns are departments that the caller is bound to. */
export function isTheirRequest(
  { inventory }: Pick<App, 'inventory'>,
  { departments }: Pick<Caller, 'departments'>,
  request: Pick<Request, 'departments'>,
): boolean {
  if (departments === undefined) return true
  return (
    request.departments.length > 0 &&
    request.departments.every((name) => belongsTo(inventory, name, departments))
  )
}

/** A request that the caller may see. What they may not see is not there. @throws AppError `not-found` */
export function findRequest(
  app: Pick<App, 'inventory'>,
  head: Readonly<State>,
  caller: Pick<Caller, 'departments'>,
  id: number,
): Request {
  const request = head.requests.get(id)
  if (request === undefined || !isTheirRequest(app, caller, request)) throw notFound(`request ${id}`)
  return request
}

/** The same, where it must be open. @throws AppError `not-found`, `request-settled` */
export function findOpen(
  app: Pick<App, 'inventory'>,
  head: Readonly<State>,
  caller: Pick<Caller, 'departments'>,
  id: number,
): Request {
  const request = findRequest(app, head, caller, id)
  if (request.settled === undefined) return request
  const { how } = request.settled
  const next = how === 'denied' || how === 'withdrawn' ? '; open it again, saying what is different now' : ''
  throw new AppError(409, 'request-settled', `request ${id} is settled (${how})${next}`)
}
