import type { Notice } from '../../domain/message.ts'
import type { State } from '../../ledger/state.ts'

/** So long, in milliseconds, the first notice waits for others that come with it. */
const TOGETHER = 1_000
/** So often, in milliseconds, it is looked whether what nothing goes out to goes out again. */
const LOOK_AGAIN = 60_000

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

/** What is known of receivers besides what waits for them. */
export interface Receivers {
  /** When each receiver's first notice came to wait, by receiver. */
  readonly since: ReadonlyMap<string, number>
  /** Whether nothing would get through to a receiver at present. */
  readonly isCutOff: (to: string) => boolean
  /** The same receiver hears of blocks at most so often, in milliseconds. */
  readonly every: number
}

/**
 * Puts together what receivers are to be told. Of a request each is told at once, in a message of its own. Of blocks the
 * first is told at once, and what follows together, as often as `every` says: a burst is one message and not thousands.
 * Who cannot be reached is written one message when they can be again, or ahead of one about a request, so that all comes
 * in order.
 */
export function gather(
  { pending, told }: Pick<State, 'pending' | 'told'>,
  { since, isCutOff, every }: Receivers,
  now: number,
): Gathered {
  const portions: Portion[] = []
  let next: number | undefined
  for (const [to, notices] of pending) {
    const { blocks, requests } = partedOf(notices)
    const at = Math.max((since.get(to) ?? now) + TOGETHER, (told.get(to) ?? Number.NEGATIVE_INFINITY) + every)
    const held = isCutOff(to)
    if (blocks.length > 0) {
      if (held ? requests.size > 0 : at <= now) portions.push({ to, notices: blocks })
      else next = Math.min(next ?? Number.POSITIVE_INFINITY, held ? now + LOOK_AGAIN : at)
    }
    for (const [request, of] of requests) portions.push({ to, notices: of, request })
  }
  return { portions, next }
}

function partedOf(notices: readonly Notice[]) {
  const blocks: Notice[] = []
  const requests = new Map<number, Notice[]>()
  for (const notice of notices) {
    if (notice.request === undefined) blocks.push(notice)
    else requests.set(notice.request, [...(requests.get(notice.request) ?? []), notice])
  }
  return { blocks, requests }
}
