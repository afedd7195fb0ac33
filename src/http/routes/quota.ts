import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { type QuotaView, showQuota } from '../../app/show-quota.ts'
import { callerOf } from '../auth.ts'
import { quotaJson } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { type QuotaAnswerJson, quotaAnswer, quotaQuery } from '../schemas-quota.ts'

export function quotaRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Static<typeof quotaQuery> }>(
    '/v1/quota',
    {
      schema: {
        ...under('showQuota'),
        summary: 'What somebody may block, and how much of that is used.',
        tags: ['blocks'],
        querystring: quotaQuery,
        response: { 200: quotaAnswer, ...REFUSALS },
      },
    },
    async (request) => answerJson(await showQuota(app, callerOf(request), request.query)),
  )
}

function answerJson({ person, token, mayBlock, roles, most, quotas }: QuotaView): QuotaAnswerJson {
  const { duration, ...rest } = most
  return {
    ...(person === undefined ? {} : { person }),
    ...(token === undefined ? {} : { token }),
    mayBlock,
    roles: [...roles],
    most: { ...rest, ...(duration === undefined ? {} : { durationMs: duration }) },
    quotas: quotas.map(quotaJson),
  }
}
