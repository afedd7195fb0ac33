import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app/context.ts'
import { authenticate } from '../app/tokens.ts'

/** Where a request may carry a token, beside as a bearer. */
export type SecretPlace = 'basic' | 'x-api-key'

/**
 * Finds out who asks by a token alone, for clients that know no other way to send one: as the password of Basic
 * authentication (RFC 7617), whatever the user is called, or as an API key. No session is good here.
 */
export function authenticatingByToken(app: App, place: SecretPlace) {
  return (request: FastifyRequest, _: FastifyReply, done: (error?: Error) => void): void => {
    try {
      request.caller = authenticate(app, secretOf(request, place))
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}

function secretOf({ headers }: FastifyRequest, place: SecretPlace): string | undefined {
  const key = headers['x-api-key']
  if (place === 'x-api-key' && typeof key === 'string') return key.trim()
  const [, scheme = '', rest = ''] = /^(\S+) +(\S+)$/.exec(headers.authorization?.trim() ?? '') ?? []
  if (/^bearer$/i.test(scheme)) return rest
  return place === 'basic' && /^basic$/i.test(scheme) ? passwordIn(rest) : undefined
}

function passwordIn(credentials: string): string | undefined {
  const text = Buffer.from(credentials, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : text.slice(colon + 1)
}
