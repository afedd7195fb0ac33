import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { explain } from '../../app/explain.ts'
import { targetText } from '../../domain/target.ts'
import { callerOf } from '../auth.ts'
import { blockJson } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { explanation } from '../schemas.ts'
import { explainQuery } from '../schemas-queries.ts'
import { targetAt } from './list.ts'

export function explainRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Static<typeof explainQuery> }>(
    '/v1/explain',
    {
      schema: {
        ...under('explain'),
        summary: 'Everything that affects an address and why, or why nothing does.',
        tags: ['blocks'],
        querystring: explainQuery,
        response: { 200: explanation, ...REFUSALS },
      },
    },
    async (request) => {
      const target = targetAt('target', request.query.target)
      const caller = callerOf(request)
      const found = await explain(app, caller, target)
      return {
        ...found,
        target: targetText(found.target),
        active: found.active.map((view) => ({ ...blockJson(app, view, caller), because: view.because })),
        ended: found.ended.map((view) => blockJson(app, view, caller)),
      }
    },
  )
}
