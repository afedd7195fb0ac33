import { type Block, isActive } from '../../domain/block.ts'
import type { LogsWanted, Request, RequestKind, Urgency } from '../../domain/request.ts'
import { departmentsOfTarget } from '../../inventory/departments-at.ts'
import { belongsTo } from '../../inventory/inventory.ts'
import type { RequestFiled } from '../../ledger/request-events.ts'
import type { State } from '../../ledger/state.ts'
import { AppError, notFound } from '../app-error.ts'
import type { App } from '../context.ts'
import { type Caller, originOf } from '../rights.ts'
import { isTheirs, requestInstead } from '../sight.ts'
import { requireRight } from '../use-cases.ts'
import { clockFrom } from './clock.ts'
import { recordedRequest } from './recorded.ts'
import { sideOf } from './sight.ts'

/** An ITSS wants a block lifted. */
export interface UnblockWanted {
  readonly block: number
  /** What was done about what led to the block. */
  readonly text: string
  readonly urgency?: Urgency
  /** The address that it came from, where it came by mail. */
  readonly mail?: string
}

/** The security team wants logs of departments. */
export interface LogsAsked {
  readonly departments: readonly string[]
  readonly logs: LogsWanted
  readonly text: string
  readonly urgency?: Urgency
  /** The block that they are about. */
  readonly block?: number
}

/**
 * Asks for a block to be lifted. There is one open request for a block.
 * @throws AppError `not-found`, `block-ended`, `not-begun`, `request-open`, `request-denied`
 */
export async function fileUnblock(app: App, caller: Caller, wanted: UnblockWanted): Promise<Request> {
  requireRight(caller, 'fileUnblock')
  return app.ledger.commit(
    (head, now) => {
      const event = unblockFiled(app, caller, head, now, wanted)
      return recordedRequest(head, event.request, [event])
    },
    { bytes: 2_048 + 6 * wanted.text.length, always: false },
  )
}

/** What that comes to at the head. @throws AppError as {@link fileUnblock} */
export function unblockFiled(
  app: App,
  caller: Caller,
  head: Readonly<State>,
  now: number,
  wanted: UnblockWanted,
): RequestFiled {
  const { block: id, mail } = wanted
  const block = liftable(app, caller, head, id, now)
  refuseSecond(head, id)
  return filed(app, caller, head, now, 'unblock', wanted, {
    block: id,
    departments: departmentsOfTarget(app.inventory, block.target, []),
    ...(mail === undefined ? {} : { mail }),
  })
}

/** Asks departments for logs. @throws AppError `not-found`, `invalid` */
export async function fileLogs(app: App, caller: Caller, wanted: LogsAsked): Promise<Request> {
  requireRight(caller, 'fileLogs')
  const { departments, logs, text, block } = wanted
  const unknown = departments.find((name) => !app.inventory.departments.has(name))
  if (unknown !== undefined || departments.length === 0)
    throw new AppError(400, 'invalid', `there is no department '${unknown ?? ''}'`, { path: 'departments' })
  if (
    caller.departments !== undefined &&
    departments.some((name) => !belongsTo(app.inventory, name, caller.departments ?? []))
  )
    throw new AppError(403, 'forbidden', `you are bound to ${caller.departments.join(', ')}`)
  if (logs.to <= logs.from)
    throw new AppError(400, 'invalid', 'the time ends before it begins', { path: 'to' })
  return app.ledger.commit(
    (head, now) => {
      if (block !== undefined) {
        const about = head.blocks.get(block)
        if (about === undefined || !isTheirs(app, caller, about)) throw notFound(`block ${block}`)
      }
      const event = filed(app, caller, head, now, 'logs', wanted, {
        ...{ departments: [...new Set(departments)], logs },
        ...(block === undefined ? {} : { block }),
      })
      return recordedRequest(head, event.request, [event])
    },
    { bytes: 4_096 + 6 * (text.length + logs.about.length), always: false },
  )
}

function filed(
  app: App,
  caller: Caller,
  head: Readonly<State>,
  now: number,
  kind: RequestKind,
  { text, urgency = 'other' }: { readonly text: string; readonly urgency?: Urgency },
  more: Pick<RequestFiled, 'departments' | 'block' | 'logs' | 'mail'>,
): RequestFiled {
  return {
    type: 'request.filed',
    ...{ request: head.nextBlock, kind, by: originOf(caller).token, as: sideOf(caller), urgency },
    ...clockFrom(app.site, kind, urgency, now),
    text,
    ...more,
  }
}

function liftable(app: App, caller: Caller, head: Readonly<State>, id: number, now: number): Block {
  const block = head.blocks.get(id)
  if (block === undefined || !isTheirs(app, caller, block))
    throw requestInstead(app, caller, id) ?? notFound(`block ${id}`)
  if (block.wanted === 'proposed')
    throw new AppError(409, 'not-begun', `block ${id} awaits agreement: nothing is blocked yet`)
  if (!isActive(block, now))
    throw new AppError(409, 'block-ended', `block ${id} has ended: there is nothing to lift`)
  return block
}

function refuseSecond(head: Readonly<State>, block: number): void {
  for (const id of head.requestsOf.get(block) ?? []) {
    const request = head.requests.get(id)
    if (request?.kind !== 'unblock') continue
    if (request.settled === undefined)
      throw new AppError(
        409,
        'request-open',
        `request ${id} asks for block ${block} to be lifted already; add to that one`,
      )
    if (request.settled.how === 'denied')
      throw new AppError(
        409,
        'request-denied',
        `request ${id} for block ${block} was denied; open that one again, saying what was done since`,
      )
  }
}
