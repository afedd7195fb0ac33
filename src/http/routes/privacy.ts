import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { Retention, RetentionRun } from '../../app/retention/retention.ts'
import { runRetention, showRetention } from '../../app/retention/use-retention.ts'
import { exportSubject, readSubject } from '../../app/subject/export-subject.ts'
import { durationText } from '../../domain/duration.ts'
import { RETENTION_RULES, type RetentionTimes } from '../../domain/retention.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { retentionAnswer, retentionBody, retentionRun, subjectQuery } from '../schemas-privacy.ts'
import { subjectText } from '../subject-text.ts'
import { timeAt } from '../time-at.ts'

export function privacyRoutes(server: FastifyInstance, face: Face): void {
  retentionRoutes(server, face)
  subjectRoute(server, face)
}

function retentionRoutes(server: FastifyInstance, { app }: Face): void {
  server.get(
    '/v1/retention',
    {
      schema: {
        ...under('showRetention'),
        summary: 'How long personal data is kept, and what went last.',
        tags: ['privacy'],
        response: { 200: retentionAnswer, ...REFUSALS },
      },
    },
    async (request) => retentionJson(showRetention(app, callerOf(request))),
  )
  server.post<{ Body: Static<typeof retentionBody> }>(
    '/v1/retention::run',
    {
      schema: {
        ...under('runRetention'),
        summary: 'Erases personal data whose time is over, now and not at the next time of the day.',
        tags: ['privacy'],
        body: retentionBody,
        response: { 200: retentionRun, ...REFUSALS },
      },
    },
    async (request) => {
      const run = await runRetention(app, callerOf(request), request.body.dry === true)
      return runJson(run, app.retention.times)
    },
  )
}

function subjectRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Static<typeof subjectQuery> }>(
    '/v1/subject',
    {
      // Who asks for the headers alone would be recorded as if they had seen it.
      exposeHeadRoute: false,
      schema: {
        ...under('exportSubject'),
        summary: 'All that is held about an address or an account. That it was asked for is recorded.',
        tags: ['privacy'],
        querystring: subjectQuery,
        response: {
          200: {
            description:
              'Lines of JSON: `about` and when; a `binding` each; an `event` each, oldest first, with the personal data as it is `held`; and `end`, without which it is not all.',
            content: { 'application/x-ndjson': { schema: { type: 'string' } } },
          },
          ...REFUSALS,
        },
      },
    },
    async (request, reply) => {
      const { about, from, to } = request.query
      const data = await exportSubject(app, callerOf(request), {
        about: readSubject(about),
        ...(from === undefined ? {} : { from: timeAt('from', from) }),
        ...(to === undefined ? {} : { to: timeAt('to', to) }),
      })
      const text = Readable.from(subjectText(app, about, data))
      return reply.type('application/x-ndjson; charset=utf-8').send(text)
    },
  )
}

function retentionJson({ times, last }: Pick<Retention, 'times' | 'last'>): Static<typeof retentionAnswer> {
  const rules = RETENTION_RULES.map((rule) => ({ rule, after: textOf(times, rule) ?? null }))
  return { rules, last: last === undefined ? null : runJson(last, times) }
}

function runJson(
  { at, dry, rules, devices }: RetentionRun,
  times: RetentionTimes,
): Static<typeof retentionRun> {
  const told = RETENTION_RULES.flatMap((rule) => {
    const [outcome, after] = [rules[rule], textOf(times, rule)]
    return outcome === undefined || after === undefined ? [] : [{ rule, after, ...outcome }]
  })
  return { at: timeText(at), dry, rules: told, devices: [...devices] }
}

function textOf(times: RetentionTimes, rule: keyof RetentionTimes): string | undefined {
  const ms = times[rule]
  return ms === undefined ? undefined : durationText(ms)
}
