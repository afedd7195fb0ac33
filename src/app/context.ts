import type { Clock } from '../domain/clock.ts'
import type { LoginRules } from '../domain/grant.ts'
import type { Logger } from '../domain/log.ts'
import type { Engine } from '../engine/engine.ts'
import type { AttemptLog } from '../guards/breaker.ts'
import type { Limits } from '../guards/limits.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Policy } from '../policy/policy.ts'

/** What every use case works with. */
export interface App {
  readonly ledger: Ledger
  readonly engine: Engine
  readonly inventory: Inventory
  readonly limits: Limits
  readonly logins: LoginRules
  readonly policy: Policy
  readonly attempts: AttemptLog
  readonly clock: Clock
  /** How far the wall clock was stepped away from `clock`, in milliseconds. */
  readonly clockDrift: () => number
  readonly log: Logger
  /** `bytes` random bytes, base64url. */
  readonly randomText: (bytes: number) => string
}
