import type { Request } from '../../domain/request.ts'
import { belongsTo } from '../../inventory/inventory.ts'
import type { App } from '../context.ts'
import type { Caller } from '../rights.ts'

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

/** The same, of a caller who may not have the right to see any. */
export function maySeeRequest(
  app: Pick<App, 'inventory'>,
  caller: Pick<Caller, 'departments' | 'scopes'>,
  request: Pick<Request, 'departments'>,
): boolean {
  return caller.scopes.has('requests:read') && isTheirRequest(app, caller, request)
}
