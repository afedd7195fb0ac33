import type { FastifyInstance } from 'fastify'
import { listSources, type SourceStatus } from '../../app/sources/list-sources.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { noQuery } from '../schemas.ts'
import { sources } from '../schemas-triggers.ts'

export function sourceRoutes(server: FastifyInstance, { app }: Face): void {
  server.get(
    '/v1/sources',
    {
      schema: {
        ...under('listSources'),
        tags: ['triggers'],
        summary: 'Lists the sources that Cordon follows by itself, and how it is with each.',
        querystring: noQuery,
        response: { 200: sources, ...REFUSALS },
      },
    },
    (request) => ({ sources: listSources(app, callerOf(request)).map(sourceJson) }),
  )
}

function sourceJson({ since, lastAt, lately, ...status }: SourceStatus) {
  return {
    ...status,
    since: timeText(since),
    ...(lastAt === undefined ? {} : { lastAt: timeText(lastAt) }),
    lately: lately.map(({ at, ...rest }) => ({ at: timeText(at), ...rest })),
  }
}
