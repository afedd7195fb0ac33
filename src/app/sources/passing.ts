import { LedgerFull } from '../../ledger/ledger.ts'
import { AppError } from '../app-error.ts'

/** Too many wait, a right is missing, or something is unavailable: none of it is the record's fault. */
const PASSING: readonly number[] = [401, 403, 429, 503, 507]

/** Why the same will be taken later; `undefined` for what is wrong with it, or with Cordon. */
export function whyLater(error: unknown): string | undefined {
  if (error instanceof LedgerFull) return error.message
  return error instanceof AppError && PASSING.includes(error.status) ? error.message : undefined
}
