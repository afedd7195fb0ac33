import type { FastifyRequest } from 'fastify'
import { type Cookies, cookiesOver } from './cookies.ts'

/** How browsers know this server. */
export interface Site {
  readonly cookies: Cookies
  /** Scheme, host and port by which this browser came. */
  originOf(request: Pick<FastifyRequest, 'headers'>): string
}

/** @param redirectUrl says the origin for good, as where a proxy hides the host that browsers ask */
export function siteOver(tls: boolean, redirectUrl: string | undefined): Site {
  const fixed = redirectUrl === undefined ? undefined : new URL(redirectUrl).origin
  const scheme = tls ? 'https' : 'http'
  return {
    cookies: cookiesOver(tls),
    originOf: ({ headers }) => fixed ?? `${scheme}://${headers.host ?? ''}`,
  }
}
