import type { Notice } from '../../domain/message.ts'
import type { State } from '../../ledger/state.ts'

/** So long, in milliseconds, the first notice waits for others that come with it. */
const TOGETHER = 1_000

/** What one message to one receiver tells: of one request, or of blocks. */
export interface Portion {
  readonly to: string
  readonly notices: readonly Notice[]
  readonly request?: number
}

/** What is to be written now, and when there may be more; times are milliseconds since 1970. */
export interface Gathered {
  readonly portions: readonly Portion[]
  readonly next: number | undefined
}

/**
 * Puts together what receivers are to be told. Of a request each is told at once, in a message of its own. Of blocks the
 * first is told at once, and what follows together, as often as `every` says: a burst is one message and not thousands.
 * @param since when each receiver's first notice came to wait, by receiver
 */
export function gather(
  { pending, told }: Pick<State, 'pending' | 'told'>,
  since: ReadonlyMap<string, number>,
  every: number,
  now: number,
): Gathered {
  const portions: Portion[] = []
  let next: number | undefined
  for (const [to, notices] of pending) {
    const requests = new Map<number, Notice[]>()
    const blocks: Notice[] = []
    for (const notice of notices)
      if (notice.request === undefined) blocks.push(notice)
      else requests.set(notice.request, [...(requests.get(notice.request) ?? []), notice])
    for (const [request, of] of requests) portions.push({ to, notices: of, request })
    if (blocks.length === 0) continue
    const at = Math.max((since.get(to) ?? now) + TOGETHER, (told.get(to) ?? Number.NEGATIVE_INFINITY) + every)
    if (at <= now) portions.push({ to, notices: blocks })
    else next = Math.min(next ?? at, at)
  }
  return { portions, next }
}
