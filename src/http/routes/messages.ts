import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { AppError } from '../../app/app-error.ts'
import { judgeHeld, listHeld, showHeld } from '../../app/mail-in/held.ts'
import { takeMail } from '../../app/mail-in/take-mail.ts'
import { dropMessage, listMessages, sendAgain, showMessage } from '../../app/outbox/manage.ts'
import type { HeldMail, Message } from '../../domain/message.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, ID, REFUSALS, under } from '../face.ts'
import { noQuery, nothing } from '../schemas.ts'
import { heldMail, heldMails, message, messagePage, messagesQuery, takenMail } from '../schemas-messages.ts'
import type { ById } from './blocks.ts'

const TAGS = ['messages']
/** The largest mail that is taken, in bytes: what any server lets through, and more than an answer needs. */
const MOST_MAIL = 10 << 20
const PAGE = 100

export function messageRoutes(server: FastifyInstance, face: Face): void {
  listRoutes(server, face)
  seeToRoutes(server, face)
  heldRoutes(server, face)
  judgeRoute(server, face)
  server.register(async (own) => mailRoutes(own, face))
}

function listRoutes(server: FastifyInstance, { app }: Face): void {
  const schema = { tags: TAGS, querystring: noQuery }
  server.get<{ Querystring: Static<typeof messagesQuery> }>(
    '/v1/messages',
    {
      schema: {
        ...schema,
        ...under('listMessages'),
        summary: 'Lists messages that wait to be sent, and those that could not be, the oldest first.',
        querystring: messagesQuery,
        response: { 200: messagePage, ...REFUSALS },
      },
    },
    async (request) => {
      const { dead = false, limit = PAGE, after = 0 } = request.query
      const { messages, next, pending } = await listMessages(app, callerOf(request), { dead, limit, after })
      return {
        messages: messages.map(messageJson),
        ...(next === undefined ? {} : { next }),
        pending: [...pending].map(([to, notices]) => ({ to, notices })),
      }
    },
  )
  server.get<ById>(
    `/v1/messages/${ID}`,
    {
      schema: {
        ...schema,
        ...under('showMessage'),
        summary: 'Shows a message that waits, or that could not be sent.',
        response: { 200: message, ...REFUSALS },
      },
    },
    async (request) => messageJson(await showMessage(app, callerOf(request), Number(request.params.id))),
  )
}

function seeToRoutes(server: FastifyInstance, { app }: Face): void {
  const schema = { tags: TAGS, querystring: noQuery, body: nothing, response: { ...REFUSALS } }
  const acts = [
    ['again', 'sendAgain', 'Lets a message be tried again that could not be sent.', sendAgain],
    ['drop', 'dropMessage', 'Lets go of a message that could not be sent.', dropMessage],
  ] as const
  for (const [verb, useCase, summary, act] of acts)
    server.post<ById>(
      `/v1/messages/${ID}::${verb}`,
      { schema: { ...schema, ...under(useCase), summary } },
      async (request, reply) => {
        await act(app, callerOf(request), Number(request.params.id))
        return reply.status(204).send()
      },
    )
}

/** Mail as it came is neither JSON nor text, and these routes alone take it. */
function mailRoutes(server: FastifyInstance, { app }: Face): void {
  server.addContentTypeParser(
    'message/rfc822',
    { parseAs: 'buffer', bodyLimit: MOST_MAIL },
    (_, body, done) => done(null, body),
  )
  server.setErrorHandler<Error & { readonly code?: string }>((error) => {
    if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error
    throw new AppError(413, 'too-large', `a mail has ${MOST_MAIL} bytes at the most; this one has more`)
  })
  const schema = { tags: TAGS, querystring: noQuery }
  server.post<{ Body: Buffer }>(
    '/v1/mail',
    {
      bodyLimit: MOST_MAIL,
      schema: {
        ...schema,
        ...under('takeMail'),
        summary:
          'Takes in a mail, as message/rfc822: an answer about a request, or to the mail that told of a block.',
        consumes: ['message/rfc822'],
        response: { 200: takenMail, ...REFUSALS },
      },
    },
    (request) => takeMail(app, callerOf(request), request.body),
  )
}

function heldRoutes(server: FastifyInstance, { app }: Face): void {
  const schema = { tags: TAGS, querystring: noQuery }
  server.get(
    '/v1/mail',
    {
      schema: {
        ...schema,
        ...under('listHeld'),
        summary: 'Lists mails that were not taken as an answer and wait for a person.',
        response: { 200: heldMails, ...REFUSALS },
      },
    },
    async (request) => ({ mails: (await listHeld(app, callerOf(request))).map(heldJson) }),
  )
  server.get<ById>(
    `/v1/mail/${ID}`,
    {
      schema: {
        ...schema,
        ...under('showHeld'),
        summary: 'Shows a mail that waits for a person.',
        response: { 200: heldMail, ...REFUSALS },
      },
    },
    async (request) => heldJson(await showHeld(app, callerOf(request), Number(request.params.id))),
  )
}

function judgeRoute(server: FastifyInstance, { app }: Face): void {
  server.post<ById>(
    `/v1/mail/${ID}::done`,
    {
      schema: {
        tags: TAGS,
        querystring: noQuery,
        ...under('judgeHeld'),
        summary: 'Says that a person has seen to a mail.',
        body: nothing,
        response: { ...REFUSALS },
      },
    },
    async (request, reply) => {
      await judgeHeld(app, callerOf(request), Number(request.params.id))
      return reply.status(204).send()
    },
  )
}

function messageJson({ queuedAt, dead, letter, ...rest }: Message) {
  return {
    ...rest,
    queuedAt: timeText(queuedAt),
    ...(letter === undefined
      ? {}
      : { letter: { to: letter.to, cc: letter.cc, subject: letter.subject, text: letter.text } }),
    ...(dead === undefined ? {} : { dead: { ...dead, at: timeText(dead.at) } }),
  }
}

function heldJson({ at, mail: { id: _, ...mail }, seq: __, ...rest }: HeldMail) {
  return { ...rest, at: timeText(at), ...mail }
}
