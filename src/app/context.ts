import type { AdviceBook } from '../domain/advice.ts'
import type { Clock } from '../domain/clock.ts'
import type { LoginRules } from '../domain/grant.ts'
import type { Logger } from '../domain/log.ts'
import type { Engine } from '../engine/engine.ts'
import type { AttemptLog } from '../guards/breaker.ts'
import type { Limits } from '../guards/limits.ts'
import type { Leases } from '../inventory/binding-book.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { CommandPolicy } from '../policy/command.ts'
import type { LeaseMoves } from './lease-moves.ts'
import type { Lists } from './lists/lists.ts'
import type { LoadIndex } from './load.ts'
import type { Inbox } from './mail-in/inbox.ts'
import type { ReadLog } from './read-log.ts'
import type { Retention } from './retention/retention.ts'
import type { Site } from './site.ts'
import type { SourceBoard } from './sources/board.ts'
import type { StatisticsBook } from './statistics/book.ts'
import type { PublicRules } from './statistics/public-rules.ts'
import type { TargetSearch } from './target-search.ts'
import type { TriggerDesk } from './trigger-desk.ts'

/** What every use case works with. */
export interface App {
  readonly ledger: Ledger
  readonly engine: Engine
  /** Another one when it is read anew; only {@link Site}'s use cases put it here. */
  inventory: Inventory
  readonly site: Site
  readonly limits: Limits
  readonly logins: LoginRules
  readonly policy: CommandPolicy
  readonly triggers: TriggerDesk
  /** What people are told to do about blocks. */
  readonly advice: AdviceBook
  /** What Cordon itself follows. */
  readonly sources: SourceBoard
  readonly attempts: AttemptLog
  readonly leases: Leases
  readonly moves: LeaseMoves
  readonly load: LoadIndex
  readonly reads: ReadLog
  readonly targets: TargetSearch
  readonly lists: Lists
  /** What reads mail that comes in, where mail is configured. */
  readonly inbox?: Inbox
  readonly statistics: { readonly book: StatisticsBook; readonly rules: PublicRules }
  readonly retention: Retention
  readonly clock: Clock
  /** How far the wall clock was stepped away from `clock`, in milliseconds. */
  readonly clockDrift: () => number
  readonly log: Logger
  /** `bytes` random bytes, base64url. */
  readonly randomText: (bytes: number) => string
}

/** What a decision about a block needs: nothing of it reaches a disk or a device. */
export interface Deciding extends Pick<App, 'inventory' | 'limits' | 'policy' | 'attempts'> {
  readonly load: Pick<LoadIndex, 'now'>
  readonly clock: Pick<Clock, 'now'>
  readonly triggers: Pick<TriggerDesk, 'policies' | 'attempts' | 'neighbours'>
  readonly engine: Pick<Engine, 'placements'>
}
