import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app/context.ts'
import type { Caller } from '../app/rights.ts'
import { callerOfSession } from '../app/sessions.ts'
import { authenticate, isStillGood } from '../app/tokens.ts'
import { readCookie } from './login/cookies.ts'
import { csrfOf, requireOurPage } from './login/csrf.ts'
import type { Site } from './login/site.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any route under authentication runs. */
    caller: Caller | undefined
    /** What a page of ours sends with what it changes, where a session asks. */
    csrf: string | undefined
  }
}

/**
 * Finds out who asks before the body is read: by a token or, where none was sent, by the cookie of a session, with
 * which what changes something must come from a page of ours.
 */
export function authenticating(app: App, site: Site) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    try {
      const session = sessionOf(request, site)
      request.caller = callerNow(app, request, session)
      if (session !== undefined) {
        requireOurPage(request, session, site.originOf(request))
        request.csrf = csrfOf(session)
      }
      // What is blocked, and for whom, is nobody's to keep on the way.
      reply.header('cache-control', 'no-store')
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}

/**
 * Finds out anew who asks once the body is there, where that has changed: a body may take long, and who lost a right
 * meanwhile must not use it.
 */
export function authenticatingAgain(app: App, site: Site) {
  return (request: FastifyRequest, _: FastifyReply, done: (error?: Error) => void): void => {
    try {
      if (request.caller !== undefined && !isStillGood(app, request.caller))
        request.caller = callerNow(app, request, sessionOf(request, site))
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}

function callerNow(app: App, { headers }: FastifyRequest, session: string | undefined): Caller {
  return session === undefined
    ? authenticate(app, bearer(headers.authorization))
    : callerOfSession(app, session)
}

function sessionOf({ headers }: FastifyRequest, { cookies }: Site): string | undefined {
  return bearer(headers.authorization) === undefined ? readCookie(headers.cookie, cookies.session) : undefined
}

function bearer(header: string | undefined): string | undefined {
  return header !== undefined && /^bearer /i.test(header) ? header.slice(7).trim() : undefined
}

export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw new Error('a route that needs a caller is not under authentication')
  return request.caller
}
