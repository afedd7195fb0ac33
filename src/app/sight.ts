import type { Block, BlockSpec } from '../domain/block.ts'
import { type Prefix, prefixContains } from '../domain/prefix.ts'
import { isIdentity, type Target, targetText } from '../domain/target.ts'
import { departmentsOfIdentity } from '../inventory/identities.ts'
import { belongsTo } from '../inventory/inventory.ts'
import { AppError, notFound } from './app-error.ts'
import type { App } from './context.ts'
import { findEndedBlock } from './find-block.ts'
import { maySeeRequest } from './requests/their-request.ts'
import type { Caller } from './rights.ts'

/**
 * Whether a block is the caller's to see, and to act on as far as they have the right: all that it is about lies in
 * the departments that the caller is bound to. What is wider is about others too.
 */
export function isTheirs(
  app: Pick<App, 'inventory'>,
  { departments }: Pick<Caller, 'departments'>,
  { target }: Pick<BlockSpec, 'target'>,
): boolean {
  // First, so that releases need no inventory (law 4).
  if (departments === undefined) return true
  const { inventory } = app
  if (target.kind === 'host') return liesWithin(inventory, departments, target.prefix)
  if (isIdentity(target))
    return departmentsOfIdentity(inventory, target).some((name) => departments.includes(name))
  return target.kind === 'department' && belongsTo(inventory, target.name, departments)
}

function liesWithin(inventory: App['inventory'], departments: readonly string[], prefix: Prefix): boolean {
  return inventory.departmentOf
    .covering(prefix)
    .some(([within, name]) => prefixContains(within, prefix) && belongsTo(inventory, name, departments))
}

/** Whether an address is in all that bounds a caller: their departments, and what their token may block. */
export function isWithinBounds(
  app: App,
  caller: Pick<Caller, 'departments' | 'token'>,
  host: Prefix,
): boolean {
  const targets = caller.token.bounds?.targets
  if (targets !== undefined && !targets.some((target) => prefixContains(target, host))) return false
  return isTheirs(app, caller, { target: { kind: 'host', prefix: host } })
}

/** A block that the caller may see. What they may not see is not there. @throws AppError `not-found` */
export async function findTheirs(app: App, caller: Caller, id: number): Promise<Block> {
  const block = app.ledger.head.blocks.get(id) ?? (await findEndedBlock(app, id))
  if (block !== undefined && isTheirs(app, caller, block)) return block
  throw requestInstead(app, caller, id) ?? notFound(`block ${id}`)
}

/** Blocks and requests share their numbers, so that one is easily taken for the other. */
export function requestInstead(app: App, caller: Caller, id: number): AppError | undefined {
  const request = app.ledger.head.requests.get(id)
  if (request === undefined || !maySeeRequest(app, caller, request)) return undefined
  const words = `Cordon#${id} is a request and no block; look with: cordon requests show ${id}`
  return new AppError(404, 'not-found', words)
}

/** @throws AppError `forbidden` for what is outside of the departments that the caller is bound to */
export function requireTheirs(app: App, { departments }: Caller, target: Target): void {
  if (departments === undefined || isTheirs(app, { departments }, { target })) return
  throw new AppError(
    403,
    'forbidden',
    `${targetText(target)} is not in your departments (${departments.join(', ')})`,
  )
}

/** @param what as whose subject it is said, such as `messages are` @throws AppError `forbidden` for who is bound to departments */
export function requireWholeSite({ departments }: Pick<Caller, 'departments'>, what: string): void {
  if (departments === undefined) return
  throw new AppError(
    403,
    'forbidden',
    `${what} of the whole site and you are bound to ${departments.join(', ')}`,
  )
}

/** A machine changes what it made itself, nothing else. @throws AppError `forbidden` */
export function requireOwn({ token }: Caller, { id, origin }: Block): void {
  if (token.origin === 'person' || origin.token === token.id) return
  throw new AppError(
    403,
    'forbidden',
    `block ${id} was not made with this token; a machine changes only its own blocks`,
  )
}
