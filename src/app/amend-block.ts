import { type Block, isActive } from '../domain/block.ts'
import { AppError, notFound } from './app-error.ts'
import type { App } from './context.ts'
import { asInvalid, type NewBlock, readUntil } from './prepare.ts'
import { type Caller, originOf, requireScope } from './rights.ts'

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
  requireScope(caller, 'blocks:write')
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
      refuseStale(head.blocks.get(id), id, version, now)
      refuseEndless(caller, until)
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

function refuseStale(block: Block | undefined, id: number, version: number, now: number): void {
  if (block === undefined) throw notFound(`block ${id} that could be changed`)
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
