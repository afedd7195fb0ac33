import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { AppError } from '../../app/app-error.ts'
import { importBindings, showBindings } from '../../app/bindings.ts'
import { callerOf } from '../auth.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { bindingList, bindingQuery, FEED_TYPES, feedQuery, taken } from '../schemas-bindings.ts'
import { bindingJson } from '../subject-text.ts'

/** Some 150,000 lines: longer feeds come in parts. */
const BODY_LIMIT = 16 * 1_024 * 1_024

const BASE = { tags: ['bindings'] }

export function bindingRoutes(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Static<typeof bindingQuery> }>(
    '/v1/bindings',
    {
      schema: {
        ...BASE,
        ...under('showBindings'),
        summary:
          'Who had an address at a time, or where a device or a person was. That it was asked is recorded.',
        querystring: bindingQuery,
        response: { 200: bindingList, ...REFUSALS },
      },
    },
    async (request) => ({
      bindings: (await showBindings(app, callerOf(request), request.query)).map(bindingJson),
    }),
  )
  // Apart, so that no other route takes these kinds of bodies.
  server.register(async (apart) => feedRoute(apart, app))
}

function feedRoute(server: FastifyInstance, app: Face['app']): void {
  server.addContentTypeParser(
    [...FEED_TYPES],
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    (_, body, done) => done(null, body),
  )
  server.post<{ Querystring: Static<typeof feedQuery>; Body: string | undefined }>(
    '/v1/bindings::import',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        ...BASE,
        ...under('importBindings'),
        summary: 'Takes who had which address when, as text. On disk when it is answered.',
        consumes: [...FEED_TYPES],
        querystring: feedQuery,
        response: { 200: taken, ...REFUSALS },
      },
    },
    async (request) => {
      const { format, source, takeRest = false } = request.query
      const text = request.body
      if (typeof text !== 'string')
        throw new AppError(415, 'media-type', `send the text itself, as one of ${FEED_TYPES.join(', ')}`)
      return importBindings(app, callerOf(request), { text, format, source, takeRest })
    },
  )
}
