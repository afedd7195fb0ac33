import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { asInvalid } from '../../app/prepare.ts'
import { type BlockFilter, listBlocks } from '../../app/show-blocks.ts'
import { within } from '../../domain/input-error.ts'
import { type Prefix, parsePrefix } from '../../domain/prefix.ts'
import { readTarget, type Target } from '../../domain/target.ts'
import { callerOf } from '../auth.ts'
import { blockJson } from '../block-json.ts'
import { cursorOf, readCursor } from '../cursor.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { blockPage } from '../schemas.ts'
import { listQuery } from '../schemas-queries.ts'

const PAGE = 50

type Query = Static<typeof listQuery>

export function listRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Query }>(
    '/v1/blocks',
    {
      schema: {
        ...under('listBlocks'),
        summary: 'Lists blocks, newest first.',
        tags: ['blocks'],
        querystring: listQuery,
        response: { 200: blockPage, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const { query } = request
      const before = query.cursor === undefined ? undefined : readCursor(query.cursor)
      const caller = callerOf(request)
      const page = await listBlocks(app, caller, filterOf(query), query.limit ?? PAGE, before)
      const next = page.next === undefined ? undefined : cursorOf(page.next)
      if (next !== undefined) reply.header('link', nextLink(query, next))
      return {
        blocks: page.views.map((view) => blockJson(app, view, caller)),
        ...(next === undefined ? {} : { next }),
      }
    },
  )
}

function filterOf({ target, active, proposed, origin, ticket }: Query): BlockFilter {
  return {
    ...(target === undefined ? {} : { target: targetAt('target', target) }),
    ...(active === undefined ? {} : { active }),
    ...(proposed === undefined ? {} : { proposed }),
    ...(origin === undefined ? {} : { origin }),
    ...(ticket === undefined ? {} : { ticket }),
  }
}

/** @throws AppError with the prefix's code */
export function prefixAt(path: string, text: string): Prefix {
  return readAt(path, () => parsePrefix(text))
}

/** @throws AppError with the code of the target */
export function targetAt(path: string, text: string): Target {
  return readAt(path, () => readTarget(text))
}

function readAt<T>(path: string, read: () => T): T {
  try {
    return within(path, read)
  } catch (error) {
    throw asInvalid(error)
  }
}

function nextLink(query: Query, cursor: string): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...query, cursor })) parameters.set(name, String(value))
  return `</v1/blocks?${parameters}>; rel="next"`
}
