import type { Block } from '../domain/block.ts'
import type { App } from './context.ts'
import { type Caller, originOf } from './rights.ts'
import { findTheirs, isTheirs, requireOwn } from './sight.ts'
import { requireRight } from './use-cases.ts'

/**
 * Releases a block. Works whatever else is wrong (law 4), needs no version, and releasing what has ended is no
 * error: it is what was asked for.
 * @throws AppError `not-found`, `forbidden`
 */
export async function releaseBlock(
  app: App,
  caller: Caller,
  id: number,
  why: string | undefined,
): Promise<Block> {
  requireRight(caller, 'releaseBlock')
  const released = await app.ledger.commit<Block | undefined>(
    (head) => {
      const block = head.blocks.get(id)
      if (block === undefined || !isTheirs(app, caller, block)) return { events: [], answer: undefined }
      requireOwn(caller, block)
      if (block.wanted === 'off') return { events: [], answer: block }
      const event = {
        type: 'block.released' as const,
        block: id,
        by: originOf(caller).token,
        ...(why === undefined ? {} : { why }),
      }
      return {
        events: [event],
        get answer() {
          return head.blocks.get(id)
        },
      }
    },
    { bytes: 1_024 + 6 * (why?.length ?? 0), always: true },
  )
  return released ?? (await findTheirs(app, caller, id))
}
