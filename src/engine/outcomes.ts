import { AdapterError, type Outcome } from '../../adapters/adapter.ts'

/** What went wrong, as people see it: anything that is no word of the adapter's counts as a call that did not end. */
export function asAdapterError(error: unknown): AdapterError {
  if (error instanceof AdapterError) return error
  return new AdapterError('timeout', error instanceof Error ? error.message : String(error))
}

/** Whether a failure is worth another try soon, without anyone doing something about it. */
export function passesByItself(outcome: Outcome | undefined): boolean {
  if (outcome === undefined || outcome.result === 'unknown') return true
  return outcome.result === 'failed' && ['busy', 'locked', 'timeout', 'unreachable'].includes(outcome.class)
}

/** Whether the device said no to this rule, or said yes and did not do it. */
export function isRefused(outcome: Outcome | undefined): boolean {
  return outcome?.result === 'failed' && outcome.class === 'rejected'
}
