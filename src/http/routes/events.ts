import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { AppError } from '../../app/app-error.ts'
import { startFollowing } from '../../app/follow-events.ts'
import { callerOf } from '../auth.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { eventsQuery } from '../schemas-queries.ts'
import { sseText } from '../sse.ts'

/** Streams that one token may have at once. */
const MOST = 8
/** How long a stream that is to end may take to hand over its last words, in milliseconds. */
const LAST_WORDS = 1_000

const SCHEMA = {
  ...under('followEvents'),
  summary: 'The events of the ledger, as they come.',
  tags: ['events'],
  querystring: eventsQuery,
  headers: Type.Object({
    'Last-Event-ID': Type.Optional(
      Type.String({
        description: 'The id told last; what comes behind it follows. Goes before `after`.',
      }),
    ),
  }),
  response: {
    200: {
      description:
        'Server-sent events: `id` is the number of the event, `event` its type, `data` one `Event`. An `end` says why the controller ends it.',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    ...REFUSALS,
  },
}

/** Answers with the events of the ledger for as long as the client listens. */
export function eventsRoute(server: FastifyInstance, face: Face): void {
  const open = new Map<string, number>()
  server.get<{ Querystring: Static<typeof eventsQuery> }>(
    '/v1/events',
    {
      // A stream has no end that its headers could be asked for alone.
      exposeHeadRoute: false,
      schema: SCHEMA,
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const after = lastEventId(request) ?? request.query.after
      const from = await startFollowing(face.app, caller, after)
      const leave = enter(open, caller.token.id)
      const left = new AbortController()
      const stream = { ...face, caller, after: from, left: left.signal, keepAlive: face.streams.keepAlive }
      const body = readable(sseText(stream), face)
      body.once('close', leave)
      // A stream that waits for news ends only when it hears that nobody listens.
      reply.raw.once('close', () => left.abort())
      if (reply.raw.destroyed) left.abort()
      return reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(body)
    },
  )
}

/** @throws AppError `invalid` */
function lastEventId({ headers }: FastifyRequest): number | undefined {
  const given = headers['last-event-id']
  if (given === undefined || given === '') return undefined
  if (typeof given === 'string' && /^(0|[1-9]\d{0,14})$/.test(given)) return Number(given)
  throw new AppError(400, 'invalid', 'Last-Event-ID: give the id of an event as it was told, such as 1042', {
    path: 'Last-Event-ID',
  })
}

/** Counts a stream of the token; the returned function ends that. @throws AppError `too-many-streams` */
function enter(open: Map<string, number>, token: string): () => void {
  const count = open.get(token) ?? 0
  if (count >= MOST)
    throw new AppError(
      429,
      'too-many-streams',
      `token ${token} follows the events ${MOST} times already, which is all that it may; end one of them`,
    )
  open.set(token, count + 1)
  return () => {
    const left = (open.get(token) ?? 1) - 1
    if (left === 0) open.delete(token)
    else open.set(token, left)
  }
}

/** Takes text only as fast as the client reads, and gives a client up that reads nothing. */
function readable(text: AsyncGenerator<string>, { app, closing, streams }: Face): Readable {
  const giveUp = (): void => {
    body.destroy()
  }
  async function* watched(): AsyncGenerator<string> {
    for await (const part of text) {
      const cancel = app.clock.after(streams.stalled, giveUp)
      try {
        yield part
      } finally {
        cancel()
      }
    }
  }
  const body = Readable.from(watched(), { objectMode: false })
  const hurry = (): void => {
    const cancel = app.clock.after(LAST_WORDS, giveUp)
    body.once('close', cancel)
  }
  closing.addEventListener('abort', hurry, { once: true })
  body.once('close', () => closing.removeEventListener('abort', hurry))
  return body
}
