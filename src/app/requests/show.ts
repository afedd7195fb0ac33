import { type Block, isActive } from '../../domain/block.ts'
import type { Request, RequestKind, Side } from '../../domain/request.ts'
import { isNamed } from '../../domain/target.ts'
import type { App } from '../context.ts'
import { findEndedBlock } from '../find-block.ts'
import { relatedBlocks } from '../related.ts'
import type { Caller } from '../rights.ts'
import { isTheirs } from '../sight.ts'
import { requireRight } from '../use-cases.ts'
import { findRequest } from './sight.ts'
import { isTheirRequest } from './their-request.ts'

/** A request, with the block that it is about and what else stands in the way. */
export interface RequestView {
  readonly request: Request
  readonly block?: Block
  /** Other active blocks that hit the same target: lifting the one leaves these. */
  readonly others: readonly { readonly block: Block; readonly because: string }[]
  /** More of them, which the caller may not see. */
  readonly hidden: number
}

/** @throws AppError `not-found` */
export async function showRequest(app: App, caller: Caller, id: number): Promise<RequestView> {
  requireRight(caller, 'showRequest')
  await app.ledger.settled()
  return viewRequest(app, caller, findRequest(app, app.ledger.head, caller, id))
}

export async function viewRequest(app: App, caller: Caller, request: Request): Promise<RequestView> {
  const block = await blockOf(app, request)
  const beside = block === undefined || request.kind === 'logs' ? [] : othersOn(app, block)
  const others = beside.filter((one) => isTheirs(app, caller, one.block))
  return {
    request,
    ...(block === undefined || !isTheirs(app, caller, block) ? {} : { block }),
    others,
    hidden: beside.length - others.length,
  }
}

/** Of one that has left memory, as the ledger has it. */
async function blockOf(app: App, { block: id }: Request): Promise<Block | undefined> {
  if (id === undefined) return undefined
  return app.ledger.head.blocks.get(id) ?? (await findEndedBlock(app, id))
}

/** Other active blocks that hit the target of one. */
export function othersOn(app: App, { id, target }: Block): RequestView['others'] {
  if (isNamed(target)) return []
  const now = app.clock.now()
  return relatedBlocks(app, target).filter(({ block }) => block.id !== id && isActive(block, now))
}

export interface RequestFilter {
  readonly open?: boolean
  readonly kind?: RequestKind
  readonly block?: number
  readonly department?: string
  /** Whose turn it is. */
  readonly turn?: Side
}

export interface RequestPage {
  readonly requests: readonly Request[]
  /** Number of the last one on the page, where more follow: the next page is before it. */
  readonly next: number | undefined
}

/** Requests in memory, newest first: open ones, and those settled within the last 30 days. */
export async function listRequests(
  app: App,
  caller: Caller,
  filter: RequestFilter,
  limit: number,
  before = Number.POSITIVE_INFINITY,
): Promise<RequestPage> {
  requireRight(caller, 'listRequests')
  await app.ledger.settled()
  const all = [...app.ledger.head.requests.values()].sort((a, b) => b.id - a.id)
  const fitting = all.filter(
    (request) => request.id < before && fits(request, filter) && isTheirRequest(app, caller, request),
  )
  const requests = fitting.slice(0, limit)
  return { requests, next: fitting.length > limit ? requests.at(-1)?.id : undefined }
}

function fits(request: Request, { open, kind, block, department, turn }: RequestFilter): boolean {
  if (open !== undefined && (request.settled === undefined) !== open) return false
  if (kind !== undefined && request.kind !== kind) return false
  if (block !== undefined && request.block !== block) return false
  if (turn !== undefined && (request.settled !== undefined || request.turn !== turn)) return false
  return department === undefined || request.departments.includes(department)
}
