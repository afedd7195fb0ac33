import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { AppError } from '../../app/app-error.ts'
import type { App } from '../../app/context.ts'
import { closeSession, openSession } from '../../app/sessions.ts'
import { callerOf } from '../auth.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { noQuery, nothing } from '../schemas.ts'
import { cookieText, readCookie } from './cookies.ts'
import { errorCode, loginFailure } from './failures.ts'
import { placeAfterLogin } from './place.ts'
import { createProvider, type Provider, type ProviderOptions } from './provider.ts'
import type { Site } from './site.ts'
import { createTransactions, isSameText, LOGIN_LASTS, type Transactions } from './transaction.ts'

export interface LoginOptions extends ProviderOptions {
  /** The callback as the provider knows it; made of the host that the browser asks when left out. */
  readonly redirectUrl?: string
}

const CALLBACK = '/login/callback'

const beginQuery = Type.Object(
  {
    to: Type.Optional(
      Type.String({ maxLength: 2_000, description: 'A path of this server to go to afterwards.' }),
    ),
  },
  { additionalProperties: false },
)

/** Providers add what they like, and clients ignore it (RFC 6749 §4.1.2). */
const callbackQuery = Type.Object(
  {
    state: Type.String({ maxLength: 200 }),
    code: Type.Optional(Type.String({ maxLength: 8_000 })),
    error: Type.Optional(Type.String({ maxLength: 200 })),
    iss: Type.Optional(Type.String({ maxLength: 2_000 })),
  },
  { additionalProperties: true },
)

const OPEN = { tags: ['login'], security: [] }
const AWAY = { description: 'On to the address in `Location`.', type: 'null' }

interface Logins {
  readonly app: App
  readonly site: Site
  readonly transactions: Transactions
  readonly provider: Provider | undefined
}

/** The way to the identity provider and back. Without a provider the routes are there and say so. */
export function loginRoutes(server: FastifyInstance, { app, site }: Face, options?: LoginOptions): void {
  const logins: Logins = {
    app,
    site,
    transactions: createTransactions(app.clock, app.randomText),
    provider: options === undefined ? undefined : createProvider(options, app.clock),
  }
  server.get<{ Querystring: Static<typeof beginQuery> }>(
    '/login',
    {
      // Each begins a login of its own; there is nothing whose headers could be asked for alone.
      exposeHeadRoute: false,
      schema: {
        ...OPEN,
        summary: 'Logs a person in: sends the browser to the identity provider.',
        querystring: beginQuery,
        response: { 303: AWAY, ...REFUSALS },
      },
    },
    (request, reply) => begin(logins, request, reply, placeAfterLogin(request.query.to)),
  )
  server.get<{ Querystring: Static<typeof callbackQuery> }>(
    CALLBACK,
    {
      exposeHeadRoute: false,
      schema: {
        ...OPEN,
        summary: 'Where the identity provider sends the browser back to: opens a session.',
        querystring: callbackQuery,
        response: { 303: AWAY, ...REFUSALS },
      },
    },
    (request, reply) => complete(logins, request, reply, request.query.state),
  )
}

/** Ends a session; under authentication, as the others are not. */
export function logoutRoute(server: FastifyInstance, { app, site: { cookies } }: Face): void {
  server.post(
    '/logout',
    {
      schema: {
        ...under('logOut'),
        tags: ['login'],
        summary: 'Ends the session that is used.',
        querystring: noQuery,
        body: nothing,
        response: { 204: { type: 'null', description: 'The session is revoked.' }, ...REFUSALS },
      },
    },
    async (request, reply) => {
      await closeSession(app, callerOf(request))
      return reply
        .code(204)
        .header('set-cookie', cookieText(cookies.session, '', 0, cookies))
        .send()
    },
  )
}

async function begin(
  { app, site, transactions, provider }: Logins,
  request: FastifyRequest,
  reply: FastifyReply,
  to: string,
): Promise<FastifyReply> {
  const { transaction, cookie } = transactions.begin(to)
  const address = await asked(app, () => known(provider).begin(transaction, callbackOf(site, request).href))
  reply.header('set-cookie', cookieText(site.cookies.login, cookie, LOGIN_LASTS, site.cookies))
  return away(reply, address.href)
}

async function complete(
  { app, site, transactions, provider }: Logins,
  request: FastifyRequest,
  reply: FastifyReply,
  state: string,
): Promise<FastifyReply> {
  const { cookies } = site
  const from = known(provider)
  const transaction = transactions.read(readCookie(request.headers.cookie, cookies.login))
  // Once only, however it ends.
  const over = cookieText(cookies.login, '', 0, cookies)
  reply.header('set-cookie', over)
  if (transaction === undefined) throw expired()
  if (!isSameText(state, transaction.state)) throw mismatch()
  const callback = callbackOf(site, request)
  callback.search = request.url.slice(request.url.indexOf('?'))
  const { secret } = await asked(app, async () =>
    openSession(app, await from.identify(callback, transaction)),
  )
  const seconds = Math.floor(app.logins.sessionLasts / 1_000)
  reply.header('set-cookie', cookieText(cookies.session, secret, seconds, cookies))
  return away(reply, transaction.to)
}

/** Tells people what went wrong, and the log no more than a code. */
async function asked<T>(app: App, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (isOurs(error)) throw error
    const told = loginFailure(error)
    app.log.warn({ problem: told.code, error: errorCode(error) }, 'a login failed')
    throw told
  }
}

/** What the ledger says is no matter of the provider. */
function isOurs(error: unknown): boolean {
  return error instanceof AppError || (error instanceof Error && error.name === 'LedgerFull')
}

function known(provider: Provider | undefined): Provider {
  if (provider !== undefined) return provider
  throw new AppError(
    404,
    'login-unconfigured',
    'nobody logs in here: cordon.yaml names no identity provider (login.oidc); use a token',
  )
}

/** @throws AppError `invalid` for a host that is none */
function callbackOf(site: Site, request: FastifyRequest): URL {
  const text = `${site.originOf(request)}${CALLBACK}`
  if (URL.canParse(text) && new URL(text).pathname === CALLBACK) return new URL(text)
  throw new AppError(400, 'invalid', 'Host: it is no host', { path: 'Host' })
}

function away(reply: FastifyReply, address: string): FastifyReply {
  // The address that led here has a code in it, which is no other page's to see.
  reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer')
  return reply.redirect(address, 303)
}

function expired(): AppError {
  return new AppError(
    400,
    'login-expired',
    'this browser has begun no login here, or too long ago, or it is complete; log in again, and allow cookies',
  )
}

function mismatch(): AppError {
  return new AppError(
    400,
    'login-mismatch',
    'this answer belongs to another login than the last that this browser has begun; log in again',
  )
}
