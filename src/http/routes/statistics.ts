import type { FastifyInstance, FastifyReply } from 'fastify'
import { publicStatistics } from '../../app/statistics/public.ts'
import { showStatistics } from '../../app/statistics/report.ts'
import { requireRight } from '../../app/use-cases.ts'
import { callerOf } from '../auth.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { publicStatisticsCsv, publicStatisticsJson } from '../public-statistics-json.ts'
import {
  type PublicQuery,
  publicQuery,
  publicStatistics as publicSchema,
  type StatisticsQuery,
  statistics,
  statisticsQuery,
} from '../schemas-statistics.ts'
import { statisticsCsv, statisticsJson } from '../statistics-json.ts'

const CSV = 'text/csv; charset=utf-8; header=present'
const IN_CSV = { 'text/csv': { schema: { type: 'string' } } }

export function statisticsRoutes(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: StatisticsQuery }>(
    '/v1/statistics',
    {
      schema: {
        ...under('showStatistics'),
        summary: 'What was counted: blocks, requests, triggers, messages, and how long things took.',
        tags: ['statistics'],
        querystring: statisticsQuery,
        response: {
          200: {
            description: 'The figures; days are cut in UTC.',
            content: { 'application/json': { schema: statistics }, ...IN_CSV },
          },
          ...REFUSALS,
        },
      },
    },
    async (request, reply) => {
      const { format = 'json', ...query } = request.query
      const report = statisticsJson(await showStatistics(app, callerOf(request), query))
      return format === 'json' ? report : csv(reply, statisticsCsv(report))
    },
  )
  if (!app.statistics.rules.open) publicRoute(server, app)
}

/** Where the site says so, nobody has to say who they are. */
export function openStatisticsRoute(server: FastifyInstance, { app }: Face): void {
  if (app.statistics.rules.open) publicRoute(server, app)
}

function publicRoute(server: FastifyInstance, app: Face['app']): void {
  const { open } = app.statistics.rules
  server.get<{ Querystring: PublicQuery }>(
    '/v1/statistics/public',
    {
      schema: {
        ...(open ? { security: [] } : under('showPublicStatistics')),
        summary: 'What anybody may see: whole months, without anything about anybody.',
        tags: ['statistics'],
        querystring: publicQuery,
        response: {
          200: {
            description: 'The figures; small ones are withheld. Days are cut in UTC.',
            content: { 'application/json': { schema: publicSchema }, ...IN_CSV },
          },
          ...REFUSALS,
        },
      },
    },
    async (request, reply) => {
      if (!open) requireRight(callerOf(request), 'showPublicStatistics')
      const { format = 'json', ...query } = request.query
      const report = publicStatisticsJson(await publicStatistics(app, query))
      return format === 'json' ? report : csv(reply, publicStatisticsCsv(report))
    },
  )
}

function csv(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .type(CSV)
    .header('content-disposition', 'attachment; filename="cordon-statistics.csv"')
    .send(text)
}
