import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { asInvalid, readUntil } from '../../app/prepare.ts'
import type { Caller } from '../../app/rights.ts'
import { createToken, listTokens, revokeToken } from '../../app/tokens.ts'
import { callerOf } from '../auth.ts'
import { endText } from '../block-json.ts'
import { type Face, REFUSALS } from '../face.ts'
import { newToken, noQuery, nothing } from '../schemas.ts'
import { createdToken, type TokenJson, tokenList, whoami } from '../schemas-more.ts'

const BASE = { tags: ['tokens'], querystring: noQuery }

export function tokenRoutes(server: FastifyInstance, face: Face): void {
  const { app } = face
  server.get(
    '/v1/whoami',
    { schema: { ...BASE, summary: 'The token that is used.', response: { 200: whoami, ...REFUSALS } } },
    async (request) => ({ token: tokenJson(callerOf(request).token) }),
  )
  server.get(
    '/v1/tokens',
    { schema: { ...BASE, summary: 'All tokens.', response: { 200: tokenList, ...REFUSALS } } },
    async (request) => ({ tokens: (await listTokens(app, callerOf(request))).map(tokenJson) }),
  )
  createRoute(server, face)
  server.delete<{ Params: { id: string } }>(
    '/v1/tokens/:id(^[A-Za-z0-9]+$)',
    {
      schema: {
        ...BASE,
        summary: 'Revokes a token.',
        body: nothing,
        response: { 204: { type: 'null', description: 'It is revoked.' }, ...REFUSALS },
      },
    },
    async (request, reply) => {
      await revokeToken(app, callerOf(request), request.params.id)
      return reply.code(204).send()
    },
  )
}

function createRoute(server: FastifyInstance, { app }: Face): void {
  server.post<{ Body: Static<typeof newToken> }>(
    '/v1/tokens',
    {
      schema: {
        ...BASE,
        summary: 'Makes a token; its secret is in this answer and nowhere else.',
        body: newToken,
        response: { 201: createdToken, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const { name, scopes, origin } = request.body
      const until = endOfToken(request.body, app.clock.now())
      const made = await createToken(app, callerOf(request), { name, scopes, origin, until })
      reply.code(201).header('location', `/v1/tokens/${made.token.id}`)
      return { ...tokenJson(made.token), secret: made.secret }
    },
  )
}

function endOfToken(body: Static<typeof newToken>, now: number): number | null {
  try {
    return readUntil(body, now)
  } catch (error) {
    throw asInvalid(error)
  }
}

function tokenJson({ id, name, scopes, origin, until, revoked }: Caller['token']): TokenJson {
  return { id, name, scopes, origin, until: endText(until), revoked }
}
