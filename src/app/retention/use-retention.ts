import type { App } from '../context.ts'
import { type Caller, originOf } from '../rights.ts'
import { requireWholeSite } from '../sight.ts'
import { requireRight } from '../use-cases.ts'
import type { Retention, RetentionRun } from './retention.ts'

/** How long personal data is kept, and what the last run did. @throws AppError `forbidden` */
export function showRetention({ retention }: App, caller: Caller): Pick<Retention, 'times' | 'last'> {
  requireRight(caller, 'showRetention')
  requireWholeSite(caller, 'retention is')
  return retention
}

/**
 * Erases what is due now, or says what would be.
 * @throws AppError `forbidden`; LedgerFull
 */
export async function runRetention({ retention }: App, caller: Caller, dry: boolean): Promise<RetentionRun> {
  requireRight(caller, 'runRetention')
  requireWholeSite(caller, 'retention is')
  return retention.run(originOf(caller).token, dry)
}
