import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { AppError } from '../../app/app-error.ts'
import { reopenRequest, sayAbout, takeRequest } from '../../app/requests/answer.ts'
import { fileLogs, fileUnblock } from '../../app/requests/file.ts'
import { closeLogs, denyRequest, grantRequest, withdrawRequest } from '../../app/requests/settle.ts'
import { listRequests, showRequest, viewRequest } from '../../app/requests/show.ts'
import type { Caller } from '../../app/rights.ts'
import type { UseCase } from '../../app/use-cases.ts'
import type { Request } from '../../domain/request.ts'
import { callerOf } from '../auth.ts'
import { cursorOf, readCursor } from '../cursor.ts'
import { type Face, ID, REFUSALS, under } from '../face.ts'
import { etag } from '../headers.ts'
import { listedRequestJson, requestViewJson } from '../request-json.ts'
import { noQuery, nothing } from '../schemas.ts'
import {
  closing,
  denying,
  filing,
  granting,
  logsFiling,
  type RequestQuery,
  reopening,
  request,
  requestPage,
  requestQuery,
  saying,
} from '../schemas-requests.ts'
import type { ById } from './blocks.ts'

const TAGS = ['requests']
const ANSWER = { 200: request, ...REFUSALS }
const MOST = 100

export function requestRoutes(server: FastifyInstance, face: Face): void {
  listRoute(server, face)
  showRoute(server, face)
  fileRoutes(server, face)
  answerRoutes(server, face)
  decideRoutes(server, face)
  endRoutes(server, face)
}

function listRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: RequestQuery }>(
    '/v1/requests',
    {
      schema: {
        ...under('listRequests'),
        summary: 'Lists requests, newest first: open ones, and those settled within 30 days.',
        tags: TAGS,
        querystring: requestQuery,
        response: { 200: requestPage, ...REFUSALS },
      },
    },
    async (asked) => {
      const { cursor, limit = MOST, ...filter } = asked.query
      const before = cursor === undefined ? undefined : readCursor(cursor)
      const caller = callerOf(asked)
      const page = await listRequests(app, caller, filter, limit, before)
      return {
        requests: page.requests.map((one) => listedRequestJson(app, caller, one)),
        ...(page.next === undefined ? {} : { next: cursorOf(page.next) }),
      }
    },
  )
}

function showRoute(server: FastifyInstance, { app }: Face): void {
  server.get<ById>(
    `/v1/requests/${ID}`,
    {
      schema: {
        ...under('showRequest'),
        summary: 'Shows a request and all that was said about it.',
        tags: TAGS,
        querystring: noQuery,
        response: ANSWER,
      },
    },
    async (asked, reply) => {
      const view = await showRequest(app, callerOf(asked), Number(asked.params.id))
      reply.header('etag', etag(view.request.version))
      return requestViewJson(app, view)
    },
  )
}

type Bodies<T extends TSchema> = ById & { Body: Static<T> }

/** A route that does something about one request and answers with what that made of it. */
function doing<T extends TSchema>(
  server: FastifyInstance,
  face: Face,
  { url, useCase, summary, body }: { url: string; useCase: UseCase; summary: string; body: T },
  act: (caller: Caller, id: number, body: Static<T>) => Promise<Request>,
): void {
  const schema = { ...under(useCase), summary, tags: TAGS, querystring: noQuery, body, response: ANSWER }
  server.post<Bodies<T>>(url, { schema }, async (asked, reply) => {
    const caller = callerOf(asked)
    const done = await act(caller, Number(asked.params.id), asked.body as Static<T>)
    return answerWith(face, reply, caller, done)
  })
}

async function answerWith({ app }: Face, reply: FastifyReply, caller: Caller, done: Request) {
  reply.header('etag', etag(done.version))
  return requestViewJson(app, await viewRequest(app, caller, done))
}

function fileRoutes(server: FastifyInstance, face: Face): void {
  const { app } = face
  doing(
    server,
    face,
    { url: '/v1/requests', useCase: 'fileUnblock', summary: 'Asks for a block to be lifted.', body: filing },
    (caller, _, body) => fileUnblock(app, caller, body),
  )
  doing(
    server,
    face,
    {
      url: '/v1/requests::logs',
      useCase: 'fileLogs',
      summary: 'Asks departments for logs.',
      body: logsFiling,
    },
    (caller, _, { logs, ...body }) =>
      fileLogs(app, caller, {
        ...body,
        logs: { ...logs, from: momentOf(logs.from, 'from'), to: momentOf(logs.to, 'to') },
      }),
  )
}

function momentOf(text: string, path: string): number {
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw new AppError(400, 'invalid', `'${text}' is no time; write 2026-11-23T09:00:00Z`, { path })
  return at
}

function answerRoutes(server: FastifyInstance, face: Face): void {
  const { app } = face
  doing(
    server,
    face,
    {
      url: `/v1/requests/${ID}::take`,
      useCase: 'takeRequest',
      summary: 'Says that somebody sees to a request.',
      body: nothing,
    },
    (caller, id) => takeRequest(app, caller, id),
  )
  doing(
    server,
    face,
    {
      url: `/v1/requests/${ID}::say`,
      useCase: 'sayAbout',
      summary: 'Asks or answers; the turn goes to the other side.',
      body: saying,
    },
    (caller, id, words) => sayAbout(app, caller, id, words),
  )
  doing(
    server,
    face,
    {
      url: `/v1/requests/${ID}::reopen`,
      useCase: 'reopenRequest',
      summary: 'Opens a request again that was denied or taken back.',
      body: reopening,
    },
    (caller, id, words) => reopenRequest(app, caller, id, words),
  )
}

function decideRoutes(server: FastifyInstance, face: Face): void {
  const { app } = face
  doing(
    server,
    face,
    {
      url: `/v1/requests/${ID}::grant`,
      useCase: 'grantRequest',
      summary: 'Lifts the block that is asked for, and no other.',
      body: granting,
    },
    (caller, id, words) => grantRequest(app, caller, id, words ?? {}),
  )
  doing(
    server,
    face,
    {
      url: `/v1/requests/${ID}::deny`,
      useCase: 'denyRequest',
      summary: 'Leaves the block as it is, and says what has to be done first.',
      body: denying,
    },
    (caller, id, words) => denyRequest(app, caller, id, words),
  )
}

function endRoutes(server: FastifyInstance, face: Face): void {
  const { app } = face
  doing(
    server,
    face,
    {
      url: `/v1/requests/${ID}::withdraw`,
      useCase: 'withdrawRequest',
      summary: 'Takes a request back.',
      body: granting,
    },
    (caller, id, words) => withdrawRequest(app, caller, id, words ?? {}),
  )
  doing(
    server,
    face,
    {
      url: `/v1/requests/${ID}::close`,
      useCase: 'closeLogs',
      summary: 'Ends a request for logs.',
      body: closing,
    },
    (caller, id, { how, text }) => closeLogs(app, caller, id, how, text === undefined ? {} : { text }),
  )
}
