import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app/context.ts'
import type { Caller } from '../app/rights.ts'
import { authenticate } from '../app/tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any route under authentication runs. */
    caller: Caller | undefined
  }
}

/** Finds out who asks before the body is read. */
export function authenticating(app: App) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    try {
      request.caller = authenticate(app, bearer(request.headers.authorization))
      // What is blocked, and for whom, is nobody's to keep on the way.
      reply.header('cache-control', 'no-store')
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}

function bearer(header: string | undefined): string | undefined {
  return header !== undefined && /^bearer /i.test(header) ? header.slice(7).trim() : undefined
}

export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw new Error('a route that needs a caller is not under authentication')
  return request.caller
}
