import { type Block, isActive } from '../domain/block.ts'
import { refuseLasting } from '../guards/bounds.ts'
import { refuseLifetime } from '../guards/role-limits.ts'
import type { State } from '../ledger/state.ts'
import { AppError, notFound, refused } from './app-error.ts'
import { whyStopped } from './brake.ts'
import type { App } from './context.ts'
import { asInvalid, type NewBlock, readUntil } from './prepare.ts'
import { type Caller, originOf } from './rights.ts'
import { ruleOf } from './role-rule.ts'
import { isTheirs, requireOwn } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** What of a block can be changed; anything else is a new block. */
export type Amendment = Pick<NewBlock, 'duration' | 'until' | 'permanent' | 'ticket'> & {
  readonly reason?: string
}

/**
 * Changes the end, the reason or the ticket of an active block. `version` is the one that the caller has seen.
 * @throws AppError `not-found`, `block-ended`, `version-mismatch`, `expiry-required`, `invalid`
 */
export async function amendBlock(
  app: App,
  caller: Caller,
  id: number,
  version: number,
  change: Amendment,
): Promise<Block> {
  requireRight(caller, 'amendBlock')
  const until = readNewUntil(app, change)
  const { reason, ticket } = change
  const event = {
    type: 'block.amended' as const,
    block: id,
    by: originOf(caller).token,
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
  }
  return app.ledger.commit(
    (head, now) => {
      refuseStale(theirs(app, caller, head.blocks.get(id)), id, version, now)
      refuseEndless(caller, until)
      refuseLonger(app, caller, head.blocks.get(id), until, now)
      refuseStopped(app, caller, head, head.blocks.get(id), until)
      return {
        events: [event],
        get answer() {
          const amended = head.blocks.get(id)
          if (amended === undefined)
            throw new Error(`block ${id} is not in the head right after it was changed`)
          return amended
        },
      }
    },
    { bytes: 1_024 + 6 * ((reason?.length ?? 0) + (ticket?.length ?? 0)), always: false },
  )
}

function theirs(app: App, caller: Caller, block: Block | undefined): Block | undefined {
  if (block === undefined || !isTheirs(app, caller, block)) return undefined
  requireOwn(caller, block)
  return block
}

function refuseStale(block: Block | undefined, id: number, version: number, now: number): void {
  if (block === undefined) throw notFound(`block ${id} that could be changed`)
  if (block.wanted === 'proposed')
    throw new AppError(
      409,
      'not-begun',
      `block ${id} awaits agreement as it is; withdraw it and ask for another`,
    )
  if (!isActive(block, now))
    throw new AppError(
      409,
      'block-ended',
      `block ${id} has ended and a block that has ended is final; make a new one`,
    )
  if (block.version !== version) {
    throw new AppError(
      412,
      'version-mismatch',
      `block ${id} has changed since: it is at version ${block.version}, not ${version}`,
    )
  }
}

/** Neither what two people agreed to lasts longer by the word of one, nor what anybody made than they may. */
function refuseLonger(
  { limits }: App,
  { token, person }: Caller,
  block: Block | undefined,
  until: number | null | undefined,
  now: number,
): void {
  if (block === undefined || until === undefined) return
  const lasts = until === null ? null : until - now
  const most = token.bounds?.duration
  const beyond = [
    ...(most === undefined ? [] : refuseLasting(most, lasts)),
    ...refuseLifetime(ruleOf(limits, token, person), lasts),
  ]
  if (beyond.length > 0) throw refused(beyond)
  if (isLonger(block, until) && (block.agreed !== undefined || block.emergency === true))
    throw new AppError(
      422,
      'agreement-needed',
      `block ${block.id} is wide: it lasts longer only when others agree; make a new one, which they are asked about`,
      { path: 'until' },
    )
}

function isLonger(block: Block, until: number | null): boolean {
  return block.until !== null && (until === null || until > block.until)
}

/** What keeps a machine from blocking keeps it from making its blocks last longer, too. */
function refuseStopped(
  app: App,
  caller: Caller,
  head: Readonly<State>,
  block: Block | undefined,
  until: number | null | undefined,
): void {
  if (block === undefined || until === undefined || !isLonger(block, until)) return
  const stopped = whyStopped(app, head, originOf(caller), { spec: block, expansion: block.expansion })
  if (stopped.length > 0) throw refused(stopped)
}

function refuseEndless(caller: Caller, until: number | null | undefined): void {
  if (until === null && caller.token.origin === 'automatic') {
    throw new AppError(422, 'expiry-required', 'only a person may make a block permanent')
  }
}

function readNewUntil(app: App, change: Amendment): number | null | undefined {
  const { duration, until, permanent } = change
  if (duration === undefined && until === undefined && permanent === undefined) {
    if (change.reason === undefined && change.ticket === undefined)
      throw new AppError(
        400,
        'nothing-to-change',
        'give a new end, reason or ticket; anything else is a new block',
      )
    return undefined
  }
  try {
    return readUntil(change, app.clock.now())
  } catch (error) {
    throw asInvalid(error)
  }
}
