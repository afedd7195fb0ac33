import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { AppError } from '../../app/app-error.ts'
import type { Decision } from '../../app/lists/decision-book.ts'
import { findDecisions, pullDecisions, takeUsage } from '../../app/lists/pull.ts'
import type { Clock } from '../../domain/clock.ts'
import { inTurns, partsOf } from '../../domain/in-turns.ts'
import type { Prefix } from '../../domain/prefix.ts'
import { callerOf } from '../auth.ts'
import { type Face, under } from '../face.ts'
import { decisionJson, filterOf } from '../lapi/decision-json.ts'
import { problem, problemOf } from '../problem.ts'
import {
  decisionList,
  decisionStream,
  decisionsQuery,
  lapiError,
  streamQuery,
  usageMetrics,
} from '../schemas-lists.ts'
import { authenticatingByToken } from '../token-auth.ts'
import { prefixAt } from './list.ts'

const BASE = { tags: ['bouncers'] }

const ANSWER = { content: { 'application/json': { schema: lapiError } } }
const ERRORS = {
  '4xx': { description: 'What is wrong with the request.', ...ANSWER },
  '5xx': { description: 'What is wrong with Cordon.', ...ANSWER },
}

/** What CrowdSec's local API is to bouncers, by the token as their API key. */
export async function lapiRoutes(server: FastifyInstance, face: Face): Promise<void> {
  const { log } = face.app
  server.addHook('onRequest', authenticatingByToken(face.app, 'x-api-key'))
  server.setErrorHandler((error, request, reply) => {
    const told = problemOf(error)
    if (told === undefined)
      log.error({ error: String(error), route: request.routeOptions.url }, 'a bouncer was failed')
    const { status, detail, code } = told ?? problem(500, 'internal', 'the error was logged')
    if (status === 503) reply.header('retry-after', RETRY)
    // What CrowdSec says to a key that it does not know, and bouncers look for.
    return status === 401
      ? reply.code(403).send({ message: 'access forbidden', code })
      : reply.code(status).send({ message: detail, code })
  })
  server.addHook('onRequest', (_, reply, done) => {
    reply.header('cache-control', 'no-store')
    done()
  })
  streamRoute(server, face)
  decisionsRoute(server, face)
  usageRoute(server)
}

/** Seconds until a list is likely to be whole. */
const RETRY = 10

function streamRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Static<typeof streamQuery> }>(
    '/v1/decisions/stream',
    {
      schema: {
        ...BASE,
        ...under('pullDecisions'),
        summary: 'What a CrowdSec bouncer is to change since it last asked. The token is its API key.',
        querystring: streamQuery,
        response: { 200: decisionStream, ...ERRORS },
      },
    },
    async (request, reply) => {
      const { query, headers, ip, method } = request
      const agent = headers['user-agent']
      const from = { address: ip, ...(agent === undefined ? {} : { userAgent: agent }) }
      const pull = await pullDecisions(app, callerOf(request), from, query.startup === 'true')
      const asked = filterOf(query)
      const { now, gone, fresh } = pull
      const lasting = fresh.filter(({ until }) => until > now)
      const body = Buffer.concat([
        Buffer.from('{"deleted":'),
        await written(app.clock, gone, now, asked),
        Buffer.from(',"new":'),
        await written(app.clock, lasting, now, asked),
        Buffer.from('}'),
      ])
      // Who only looks whether we are there has been told nothing.
      if (method === 'GET') reply.raw.once('finish', pull.delivered)
      return reply.type('application/json').send(body)
    },
  )
}

/** A JSON array, written in turns. */
async function written(
  clock: Clock,
  decisions: readonly Decision[],
  now: number,
  asked: (value: Prefix) => boolean,
): Promise<Buffer> {
  let begun = false
  const pieces = await inTurns(clock, partsOf(decisions), (part) => {
    const texts = part.filter(({ value }) => asked(value)).map((one) => decisionJson(one, one.until - now))
    const comma = begun && texts.length > 0 ? ',' : ''
    begun ||= texts.length > 0
    return Buffer.from(`${comma}${texts.join()}`)
  })
  return Buffer.concat([Buffer.from('['), ...pieces, Buffer.from(']')])
}

const NOTHING = '[]'

function decisionsRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Static<typeof decisionsQuery> }>(
    '/v1/decisions',
    {
      schema: {
        ...BASE,
        ...under('findDecisions'),
        summary:
          'What is decided about an address, for bouncers that ask about each. The token is their API key.',
        querystring: decisionsQuery,
        response: { 200: decisionList, ...ERRORS },
      },
    },
    async (request, reply) => {
      const { query } = request
      const { prefix, inside, exact } = askedFor(query)
      const { decisions, now } = await findDecisions(app, callerOf(request), prefix, inside)
      const asked = filterOf({ ...query, scopes: query.scopes ?? query.scope })
      const found = decisions.filter(({ value, until }) => until > now && (!exact || value === prefix))
      const text = await written(app.clock, found, now, asked)
      return reply.type('application/json').send(text.length === NOTHING.length ? 'null' : text)
    },
  )
}

/** @throws AppError where an address or prefix is none, or two are given */
function askedFor({ ip, range, value, scope, contains }: Static<typeof decisionsQuery>) {
  const other = scope !== undefined && !['ip', 'range'].includes(scope.toLowerCase())
  // We have decisions about addresses alone, so that there is none about a user or a country.
  const given = Object.entries({ ip, range, ...(other ? {} : { value }) }).filter(
    ([, text]) => text !== undefined,
  )
  if (given.length > 1)
    throw new AppError(400, 'invalid', `give one of ${given.map(([name]) => name).join(', ')}`)
  const [name = '', text] = given[0] ?? []
  return {
    prefix: text === undefined ? undefined : prefixAt(name, text),
    inside: name === 'range' && contains === 'false',
    exact: name === 'value',
  }
}

function usageRoute(server: FastifyInstance): void {
  server.post(
    '/v1/usage-metrics',
    {
      schema: {
        ...BASE,
        ...under('takeUsage'),
        summary: 'What bouncers tell of themselves: taken, and not kept.',
        body: usageMetrics,
        response: { 201: { type: 'null', description: 'It was taken.' }, ...ERRORS },
      },
    },
    async (request, reply) => {
      takeUsage(callerOf(request))
      return reply.code(201).send()
    },
  )
}
