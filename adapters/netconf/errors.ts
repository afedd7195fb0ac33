import { AdapterError, type ErrorClass } from '../adapter.ts'
import { errorWords, type RpcError } from '../transport/netconf/rpc-error.ts'
import type { RpcRefusal } from '../transport/netconf/session.ts'

/** What an operator does about an error-tag (RFC 6241 appendix A). */
const BY_TAG: Readonly<Record<string, ErrorClass>> = {
  'in-use': 'locked',
  'lock-denied': 'locked',
  'access-denied': 'auth',
  'too-big': 'capacity',
  'operation-not-supported': 'unsupported',
}

type Meanings = readonly (readonly [RegExp, ErrorClass])[]

/** What was refused, in the class of its first error that has one of its own. */
export function refused({ errors }: RpcRefusal, meanings: Meanings): AdapterError {
  const classes = errors.map((error) => classOf(error, meanings))
  const errorClass = classes.find((one) => one !== 'rejected') ?? 'rejected'
  return new AdapterError(errorClass, words(errors))
}

/** Why a lock was not given: somebody holds it, or has left a candidate behind that is not committed (RFC 6241 §7.5). */
export function lockRefused({ errors }: RpcRefusal, meanings: Meanings): AdapterError {
  const [first] = errors
  const dirty =
    first?.tag === 'resource-denied' || /modified|uncommitted|not.*clean|dirty/i.test(first?.message ?? '')
  if (dirty)
    return new AdapterError(
      'locked',
      `somebody has changes in the candidate that are not committed (${words(errors)})`,
      'candidate-dirty',
    )
  const found = refused({ errors } as RpcRefusal, meanings)
  const errorClass = found.class === 'rejected' ? 'locked' : found.class
  return new AdapterError(errorClass, `the configuration is locked (${words(errors)})`)
}

function classOf(error: RpcError, meanings: Meanings): ErrorClass {
  const byTag = BY_TAG[error.tag]
  if (byTag !== undefined) return byTag
  const said = error.message ?? ''
  const meant = meanings.find(([pattern]) => pattern.test(said))?.[1]
  if (meant !== undefined) return meant
  return error.tag === 'resource-denied' ? 'capacity' : 'rejected'
}

function words(errors: readonly RpcError[]): string {
  const all = [...new Set(errors.map(errorWords))]
  const shown = all.slice(0, 3).join('; ')
  return all.length > 3 ? `${shown}; and ${all.length - 3} more` : shown
}
