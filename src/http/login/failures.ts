import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'
import { AppError } from '../../app/app-error.ts'

/** Codes of the library by which an answer came that cannot be believed; any other is trouble on the way. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_UNSUPPORTED_OPERATION',
])

/** With these a provider says that it is in trouble itself (RFC 6749 §4.1.2.1). */
const IN_TROUBLE: readonly string[] = ['server_error', 'temporarily_unavailable']

/** Why a provider could not be asked, or its answer not be used, as people are told. */
export function loginFailure(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (error instanceof AuthorizationResponseError && !IN_TROUBLE.includes(error.error))
    return new AppError(
      403,
      'login-denied',
      `the identity provider did not let you in (${errorCode(error)}); log in again, or ask those who run it`,
    )
  if (error instanceof ResponseBodyError && error.error === 'invalid_grant')
    return new AppError(
      400,
      'login-code',
      'the identity provider does not take the code of this login: it was used before, is too old, or was begun elsewhere; log in again',
    )
  if (UNTRUSTED.has(codeIn(error)))
    return new AppError(
      502,
      'login-untrusted',
      'what the identity provider answered is not for this login, or not from it; nothing of it is used; log in again',
    )
  return new AppError(
    503,
    'login-unavailable',
    'the identity provider cannot be asked now, so nobody can log in; sessions and tokens go on; try again soon',
  )
}

/** The code of an error, for the log: never words, which may carry what was sent. */
export function errorCode(error: unknown): string {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError)
    return /^[a-z_]{1,60}$/.test(error.error) ? error.error : 'unknown'
  if (error instanceof WWWAuthenticateChallengeError) return `challenged-${error.status}`
  return codeIn(error) || (error instanceof Error ? error.name : 'unknown')
}

/** Of the error, or of what caused it, as with a connection that was refused. */
function codeIn(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { code, cause } = error as Error & { readonly code?: unknown }
  const own = typeof code === 'string' && /^[A-Za-z0-9_-]{1,60}$/.test(code) ? code : ''
  return own || codeIn(cause)
}
