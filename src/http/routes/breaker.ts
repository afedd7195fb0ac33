import type { FastifyInstance } from 'fastify'
import { resetBreaker } from '../../app/reset-breaker.ts'
import { requireRight } from '../../app/use-cases.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { noQuery, nothing } from '../schemas.ts'
import { breaker, breakerReset } from '../schemas-more.ts'

const BASE = { tags: ['breaker'], querystring: noQuery }

export function breakerRoutes(server: FastifyInstance, { app }: Face): void {
  server.get(
    '/v1/breaker',
    {
      schema: {
        ...BASE,
        ...under('showBreaker'),
        summary: 'Whether automatic blocks are stopped.',
        response: { 200: breaker, ...REFUSALS },
      },
    },
    async (request) => {
      requireRight(callerOf(request), 'showBreaker')
      await app.ledger.settled()
      const tripped = app.ledger.head.breaker
      return tripped === undefined
        ? { tripped: false }
        : { tripped: true, limit: tripped.limit, source: tripped.source, at: timeText(tripped.at) }
    },
  )
  server.post(
    '/v1/breaker::reset',
    {
      schema: {
        ...BASE,
        ...under('resetBreaker'),
        summary: 'Lets automatic sources block again.',
        body: nothing,
        response: { 200: breakerReset, ...REFUSALS },
      },
    },
    async (request) => ({ wasTripped: await resetBreaker(app, callerOf(request)) }),
  )
}
