import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import Fastify, { type FastifyInstance, type FastifyServerFactory } from 'fastify'
import type { App } from '../app/context.ts'
import { EventTail } from '../app/event-tail.ts'
import type { Logger } from '../domain/log.ts'
import { authenticating, authenticatingAgain } from './auth.ts'
import type { Beside } from './beside.ts'
import type { Face } from './face.ts'
import { type LoginOptions, loginRoutes, logoutRoute } from './login/routes.ts'
import { siteOver } from './login/site.ts'
import { createMetrics } from './metrics.ts'
import { describeRoutes, openapiRoute } from './openapi.ts'
import { problem, problemOf, sendProblem } from './problem.ts'
import { agreementRoutes } from './routes/agreement.ts'
import { auditRoute } from './routes/audit.ts'
import { automationRoutes } from './routes/automation.ts'
import { batchRoute } from './routes/batch.ts'
import { bindingRoutes } from './routes/bindings.ts'
import { blockRoutes } from './routes/blocks.ts'
import { calendarRoutes } from './routes/calendar.ts'
import { createRoutes } from './routes/create.ts'
import { deviceRoutes } from './routes/devices.ts'
import { eventsRoute } from './routes/events.ts'
import { explainRoute } from './routes/explain.ts'
import { metricsRoute, openHealthRoutes } from './routes/health.ts'
import { hitsRoute } from './routes/hits.ts'
import { inventoryRoutes } from './routes/inventory.ts'
import { lapiRoutes } from './routes/lapi.ts'
import { listRoute } from './routes/list.ts'
import { listRoutes } from './routes/lists.ts'
import { messageRoutes } from './routes/messages.ts'
import { peopleRoutes } from './routes/people.ts'
import { privacyRoutes } from './routes/privacy.ts'
import { quotaRoute } from './routes/quota.ts'
import { requestRoutes } from './routes/requests.ts'
import { sourceRoutes } from './routes/sources.ts'
import { openStatisticsRoute, statisticsRoutes } from './routes/statistics.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { triggerRoutes } from './routes/triggers.ts'
import { createSerializers } from './serialization.ts'
import { STREAM_TIMES, type StreamTimes } from './sse.ts'
import { answerUnknown, plainPath } from './unknown-route.ts'
import { createValidators } from './validation.ts'

export interface ServerOptions {
  readonly version: string
  /** Where what was not expected is written; the app's own log when left out. */
  readonly log?: Logger
  /** Certificate and key, PEM, for the TCP listener. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** A proxy in front terminates TLS. */
  readonly behindTlsProxy?: true
  /** Where people log in; nobody does when left out. */
  readonly login?: LoginOptions
  /** Of the streams of events; for tests. */
  readonly streams?: Partial<StreamTimes>
  readonly beside?: Beside
}

const NOTHING_BESIDE: Beside = { alarms: () => [], standings: () => [] }

/** Builds the API without listening. */
export function buildServer(app: App, options: ServerOptions): FastifyInstance {
  const server = Fastify({
    serverFactory: listenerFor(options.tls),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    // An address that cannot be decoded comes to no route and to no error handler.
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, problem(400, 'invalid', error.message))
    },
  })
  const face = faceOf(app, server, options)
  server.setValidatorCompiler(face.validators.compiler)
  server.setSerializerCompiler(createSerializers())
  readBodies(server)
  server.decorateRequest('caller', undefined)
  server.decorateRequest('csrf', undefined)
  answerErrors(server, options.log ?? app.log)
  answerUnknown(server)
  timeRoutes(server, face)
  describeRoutes(server, options.version, face.site.cookies.session)
  server.register(async (open) => {
    openHealthRoutes(open, face)
    openapiRoute(open)
    openStatisticsRoute(open, face)
    loginRoutes(open, face, options.login)
  })
  server.register(async (pulled) => pullRoutes(pulled, face))
  server.register(async (secured) => {
    secured.addHook('onRequest', authenticating(app, face.site))
    secured.addHook('preHandler', authenticatingAgain(app, face.site))
    for (const add of SECURED) add(secured, face)
  })
  return server
}

function answerErrors(server: FastifyInstance, log: Logger): void {
  server.setErrorHandler((error, request, reply) => {
    const told = problemOf(error)
    if (told === undefined)
      log.error({ error: describe(error), route: request.routeOptions.url }, 'a request failed unexpectedly')
    return sendProblem(
      reply,
      told ?? problem(500, 'internal', 'the error was logged; nothing of it is told here'),
    )
  })
}

function faceOf(app: App, server: FastifyInstance, options: ServerOptions): Face {
  const { version, streams, beside, tls, behindTlsProxy, login } = options
  return {
    app,
    beside: beside ?? NOTHING_BESIDE,
    metrics: createMetrics(app, version, beside ?? NOTHING_BESIDE),
    validators: createValidators(),
    closing: closingOf(server),
    tail: new EventTail(app.ledger),
    streams: { ...STREAM_TIMES, ...streams },
    site: siteOver(tls !== undefined || behindTlsProxy === true, login?.redirectUrl),
  }
}

function closingOf(server: FastifyInstance): AbortSignal {
  const closing = new AbortController()
  server.addHook('preClose', (done) => {
    closing.abort()
    done()
  })
  return closing.signal
}

/** By a token alone, which may come in other ways than elsewhere. */
function pullRoutes(server: FastifyInstance, face: Face): void {
  for (const add of [listRoutes, lapiRoutes]) server.register((own) => add(own, face))
}

const SECURED: readonly ((server: FastifyInstance, face: Face) => void)[] = [
  createRoutes,
  batchRoute,
  listRoute,
  blockRoutes,
  hitsRoute,
  explainRoute,
  quotaRoute,
  calendarRoutes,
  deviceRoutes,
  tokenRoutes,
  peopleRoutes,
  agreementRoutes,
  requestRoutes,
  messageRoutes,
  automationRoutes,
  inventoryRoutes,
  bindingRoutes,
  sourceRoutes,
  triggerRoutes,
  eventsRoute,
  auditRoute,
  statisticsRoutes,
  privacyRoutes,
  metricsRoute,
  logoutRoute,
]

/** How long a client may take to send a request, and an idle connection is kept, in milliseconds. */
const SLOWEST_REQUEST = 30_000
const KEEP_ALIVE = 72_000

function listenerFor(tls: ServerOptions['tls']): FastifyServerFactory {
  return (handler) => {
    const timeouts = { requestTimeout: SLOWEST_REQUEST, keepAliveTimeout: KEEP_ALIVE }
    return tls === undefined
      ? createServer(timeouts, handler)
      : createTlsServer({ ...timeouts, ...tls, minVersion: 'TLSv1.2' }, handler)
  }
}

/** Bodies are JSON or nothing; clients that name a type for an empty body are common and mean no harm. */
function readBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, body as string, done)
  })
}

/** On the route itself: to ask for its pattern at each answer would cost more than the clock. */
function timeRoutes(server: FastifyInstance, { metrics }: Face): void {
  server.addHook('onRoute', (route) => {
    const path = plainPath(route.url)
    route.onResponse = (request, reply, done) => {
      metrics.answered(request.method, path, reply.statusCode, reply.elapsedTime / 1_000)
      done()
    }
  })
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
