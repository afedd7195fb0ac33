import type { Api } from './http/api.ts'
import type { Block } from './http/wire.ts'

/** Which blocks are listed. */
export interface BlockFilter {
  readonly target?: string
  readonly active?: boolean
  /** Whether it waits for agreement. */
  readonly proposed?: boolean
  readonly origin?: string
  readonly ticket?: string
}

/** What the inventory has a name for: the API looks up all of its addresses, and here only that itself is meant. */
const NAMED = /^(?:department|connection):/
/** Most that the API gives at once. */
const PAGE = 200

/** Pages through the API until there are `most` blocks, newest first. `more` says whether others follow. */
export async function listAll(
  api: Api,
  filter: BlockFilter,
  most: number,
): Promise<{ blocks: Block[]; more: boolean }> {
  const blocks: Block[] = []
  const named = filter.target !== undefined && NAMED.test(filter.target)
  let cursor: string | undefined
  do {
    const page = await api.listBlocks({
      target: named ? undefined : filter.target,
      active: filter.active === undefined ? undefined : String(filter.active),
      proposed: filter.proposed === undefined ? undefined : String(filter.proposed),
      origin: filter.origin,
      ticket: filter.ticket,
      limit: String(Math.min(PAGE, named ? PAGE : most - blocks.length)),
      cursor,
    })
    blocks.push(...page.blocks.filter((block) => !named || block.target === filter.target))
    cursor = page.next
  } while (cursor !== undefined && blocks.length < most)
  return { blocks: blocks.slice(0, most), more: cursor !== undefined || blocks.length > most }
}
