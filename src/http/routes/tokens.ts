import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { asInvalid, readUntil } from '../../app/prepare.ts'
import type { Caller } from '../../app/rights.ts'
import { createToken, listTokens, type NewToken, revokeToken } from '../../app/tokens.ts'
import type { Bounds } from '../../domain/bounds.ts'
import { parseDuration } from '../../domain/duration.ts'
import { within } from '../../domain/input-error.ts'
import { parsePrefix } from '../../domain/prefix.ts'
import { callerOf } from '../auth.ts'
import { endText } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { noQuery, nothing } from '../schemas.ts'
import { createdToken, type TokenJson, tokenList, whoami } from '../schemas-more.ts'
import { newToken } from '../schemas-people.ts'

const BASE = { tags: ['tokens'], querystring: noQuery }

export function tokenRoutes(server: FastifyInstance, face: Face): void {
  const { app } = face
  whoamiRoute(server)
  server.get(
    '/v1/tokens',
    {
      schema: {
        ...BASE,
        ...under('listTokens'),
        summary: 'All tokens.',
        response: { 200: tokenList, ...REFUSALS },
      },
    },
    async (request) => ({ tokens: (await listTokens(app, callerOf(request))).map(tokenJson) }),
  )
  createRoute(server, face)
  revokeRoute(server, face)
}

function revokeRoute(server: FastifyInstance, { app }: Face): void {
  server.delete<{ Params: { id: string } }>(
    '/v1/tokens/:id(^[A-Za-z0-9]+$)',
    {
      schema: {
        ...BASE,
        ...under('revokeToken'),
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

function whoamiRoute(server: FastifyInstance): void {
  server.get(
    '/v1/whoami',
    {
      schema: {
        ...BASE,
        ...under('whoAmI'),
        summary: 'The token that is used.',
        response: { 200: whoami, ...REFUSALS },
      },
    },
    async (request) => ({
      ...whoJson(callerOf(request)),
      ...(request.csrf === undefined ? {} : { csrf: request.csrf }),
    }),
  )
}

function createRoute(server: FastifyInstance, { app }: Face): void {
  server.post<{ Body: Static<typeof newToken> }>(
    '/v1/tokens',
    {
      schema: {
        ...BASE,
        ...under('createToken'),
        summary: 'Makes a token; its secret is in this answer and nowhere else.',
        body: newToken,
        response: { 201: createdToken, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const made = await createToken(app, callerOf(request), readToken(request.body, app.clock.now()))
      reply.code(201).header('location', `/v1/tokens/${made.token.id}`)
      return { ...tokenJson(made.token), secret: made.secret }
    },
  )
}

function readToken(
  { duration, until, permanent, bounds, ...rest }: Static<typeof newToken>,
  now: number,
): NewToken {
  const ends = Object.entries({ duration, until, permanent }).filter(([, value]) => value !== undefined)
  try {
    const given = Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    ) as typeof rest
    return {
      ...(given as Omit<NewToken, 'until'>),
      until: readUntil(Object.fromEntries(ends), now),
      ...(bounds === undefined ? {} : { bounds: within('bounds', () => readBounds(bounds)) }),
    }
  } catch (error) {
    throw asInvalid(error)
  }
}

function readBounds({ targets, duration, ...rest }: NonNullable<Static<typeof newToken>['bounds']>): Bounds {
  return {
    ...(rest as Bounds),
    ...(targets === undefined
      ? {}
      : { targets: within('targets', () => targets.map((text) => parsePrefix(text))) }),
    ...(duration === undefined ? {} : { duration: within('duration', () => parseDuration(duration)) }),
  }
}

function tokenJson(token: Caller['token']): TokenJson {
  const { id, name, roles, scopes, origin, person, departments, bounds, session, until, revoked } = token
  return {
    ...{ id, name, roles, scopes, origin, session, until: endText(until), revoked },
    ...(person === undefined ? {} : { person }),
    ...(departments === undefined ? {} : { departments }),
    ...(bounds === undefined ? {} : { bounds: boundsJson(bounds) }),
  }
}

function boundsJson({ duration, ...rest }: Bounds) {
  return { ...rest, ...(duration === undefined ? {} : { durationMs: duration }) }
}

function whoJson({ token, person, scopes, departments }: Caller) {
  return {
    token: tokenJson(token),
    ...(person === undefined
      ? {}
      : { person: { id: person.id, name: person.name, roles: [...person.roles] } }),
    scopes: [...scopes],
    ...(departments === undefined ? {} : { departments: [...departments] }),
  }
}
