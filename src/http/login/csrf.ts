import { createHmac } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError } from '../../app/app-error.ts'
import { isSameText } from './transaction.ts'

/** In which a browser says that a page of ours asks. */
const CSRF_HEADER = 'x-cordon-csrf'

/** What only pages of ours can know of a session: `GET /v1/whoami` tells it, and no other site can read the answer. */
export function csrfOf(secret: string): string {
  return createHmac('sha256', secret).update('cordon csrf').digest('base64url')
}

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Browsers send the cookie of a session with requests of any page: what changes something must come from one of ours.
 * @param ours scheme, host and port under which browsers know this server
 * @throws AppError `csrf`
 */
export function requireOurPage(
  { method, headers }: Pick<FastifyRequest, 'method' | 'headers'>,
  secret: string,
  ours: string,
): void {
  if (SAFE.has(method)) return
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin')
    throw refused(`the browser says that another page asks (Sec-Fetch-Site: ${String(site)})`)
  if (site === undefined && headers.origin !== undefined && headers.origin !== ours)
    throw refused(`the page that asks is not of ${ours}`)
  const given = headers[CSRF_HEADER]
  if (typeof given !== 'string' || !isSameText(given, csrfOf(secret)))
    throw refused('with a session, send X-Cordon-CSRF with the csrf that GET /v1/whoami tells')
}

function refused(detail: string): AppError {
  return new AppError(403, 'csrf', detail)
}
