import type { Ending } from '../../domain/block.ts'
import type { Settlement } from '../../domain/request.ts'
import type { TriggerVerdict } from '../../ledger/trigger-events.ts'
import { Durations } from './durations.ts'

/** Things that are counted alike, apart or put together. */
interface Countable<T> {
  addAll(other: T): void
}

/** Adds the numbers of one record of numbers to those of another. */
function sumInto<K extends string>(
  to: { [name in K]: number },
  from: { readonly [name in K]: number },
): void {
  for (const name in from) to[name] += from[name]
}

/** Deadlines that were kept, and that were not. */
export interface Kept {
  met: number
  missed: number
}

const nothingKept = (): Kept => ({ met: 0, missed: 0 })

/** What is counted of blocks that are alike. */
export class BlockCounts implements Countable<BlockCounts> {
  began = 0
  proposed = 0
  readonly ended: Record<Ending, number> = { released: 0, expired: 0, withdrawn: 0, declined: 0, lapsed: 0 }
  /** From the beginning to the first device on which it was in force, and to the last. */
  readonly enforce = new Durations()
  readonly verify = new Durations()
  /** From the end until no device had it any more. */
  readonly lift = new Durations()
  /** Of how many blocks it is known what they met, and that. */
  readonly stopped = { blocks: 0, packets: 0, bytes: 0 }

  addAll(other: BlockCounts): void {
    this.began += other.began
    this.proposed += other.proposed
    sumInto(this.ended, other.ended)
    this.enforce.addAll(other.enforce)
    this.verify.addAll(other.verify)
    this.lift.addAll(other.lift)
    sumInto(this.stopped, other.stopped)
  }
}

/** What is counted of requests of one kind. */
export class RequestCounts implements Countable<RequestCounts> {
  filed = 0
  reopened = 0
  readonly settled: Record<Settlement, number> = {
    ...{ granted: 0, denied: 0, received: 0, dropped: 0, withdrawn: 0, moot: 0 },
  }
  /** From the filing to the answer, without the time in which the other side was waited for. */
  readonly answer = new Durations()
  readonly answered = nothingKept()
  readonly acknowledged = nothingKept()

  addAll(other: RequestCounts): void {
    this.filed += other.filed
    this.reopened += other.reopened
    sumInto(this.settled, other.settled)
    this.answer.addAll(other.answer)
    sumInto(this.answered, other.answered)
    sumInto(this.acknowledged, other.acknowledged)
  }
}

/** Triggers by what policies said of them. */
export class TriggerCounts implements Countable<TriggerCounts> {
  readonly by: Record<TriggerVerdict, number> = { block: 0, ask: 0, refuse: 0, ignore: 0, none: 0 }

  addAll(other: TriggerCounts): void {
    sumInto(this.by, other.by)
  }
}

/** Mails and webhooks: each message is one, to however many addresses. */
export class MessageCounts implements Countable<MessageCounts> {
  readonly by = { queued: 0, sent: 0, dead: 0, dropped: 0 }

  addAll(other: MessageCounts): void {
    sumInto(this.by, other.by)
  }
}
