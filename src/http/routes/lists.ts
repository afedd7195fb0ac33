import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { ListForm } from '../../app/lists/list-texts.ts'
import { readList } from '../../app/lists/pull.ts'
import { callerOf } from '../auth.ts'
import { type Face, NAME, REFUSALS, under } from '../face.ts'
import { prefixList, pullQuery } from '../schemas-lists.ts'
import { authenticatingByToken } from '../token-auth.ts'

const CHALLENGES = ['Bearer realm="cordon"', 'Basic realm="cordon", charset="UTF-8"']

type Query = Static<typeof pullQuery>

const TYPES = { text: 'text/plain; charset=utf-8', json: 'application/json; charset=utf-8' } as const

/** Lists for firewalls that fetch them. */
export async function listRoutes(server: FastifyInstance, { app }: Face): Promise<void> {
  server.addHook('onRequest', authenticatingByToken(app, 'basic'))
  server.addHook('onSend', (_request, reply, _payload, done) => {
    // Who knows only Basic may wait to be asked for it.
    if (reply.statusCode === 401) reply.header('www-authenticate', CHALLENGES)
    done()
  })
  server.get<{ Params: { name: string }; Querystring: Query }>(
    `/v1/lists/${NAME}`,
    {
      schema: {
        ...under('readList'),
        summary:
          'A list as a firewall fetches it: one prefix a line, or JSON. The token may be the password of Basic.',
        tags: ['lists'],
        querystring: pullQuery,
        response: {
          200: {
            description: 'The prefixes, oldest first, and an ETag.',
            content: {
              'text/plain': { schema: { type: 'string' } },
              'application/json': { schema: prefixList },
            },
          },
          304: { description: 'As If-None-Match has it.', type: 'null' },
          ...REFUSALS,
        },
      },
    },
    async (request, reply) => {
      const form = formOf(request)
      const { body, etag } = await readList(app, callerOf(request), request.params.name, form)
      reply.headers({ etag, vary: 'Accept, Authorization', 'cache-control': 'private, no-cache' })
      return matches(request.headers['if-none-match'], etag)
        ? reply.code(304).send()
        : reply.type(TYPES[form.format]).send(body)
    },
  )
}

function formOf({ query, headers }: FastifyRequest<{ Querystring: Query }>): ListForm {
  const { direction = 'from', family, comments = false, format = formatFor(headers.accept) } = query
  return {
    ...{ direction, comments, format },
    ...(family === undefined ? {} : { family: family === 4 ? 4 : 6 }),
  }
}

/** JSON only for who names it and no plain text: lists are text to most. */
function formatFor(accept = ''): 'text' | 'json' {
  return /\bapplication\/json\b/i.test(accept) && !/\btext\/plain\b/i.test(accept) ? 'json' : 'text'
}

/** Whether the client has this already (RFC 9110 §13.1.2). */
function matches(given: string | undefined, etag: string): boolean {
  if (given === undefined) return false
  return given.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()))
}
