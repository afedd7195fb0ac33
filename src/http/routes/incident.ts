import type { FastifyInstance } from 'fastify'
import { notFound } from '../../app/app-error.ts'
import { type IncidentHistory, showIncident } from '../../app/show-incident.ts'
import { durationText } from '../../domain/duration.ts'
import { targetText } from '../../domain/target.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { eventJson } from '../event-json.ts'
import { type Face, NAME, REFUSALS, under } from '../face.ts'
import { noQuery } from '../schemas.ts'
import type { EventOf } from '../schemas-events.ts'
import { incidentHistory } from '../schemas-incident.ts'

/** The pattern is that of the other route with this path, where a name stands in the place of the number. */
export function incidentRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Params: { name: string } }>(
    `/v1/triggers/${NAME}`,
    {
      schema: {
        ...under('showIncident'),
        tags: ['triggers'],
        summary: 'What was said of the incident of a trigger, by its number, and what was decided.',
        description: 'That it was asked for is recorded.',
        querystring: noQuery,
        response: { 200: incidentHistory, ...REFUSALS },
      },
    },
    async (request) => {
      const { name } = request.params
      if (!/^[1-9]\d{0,14}$/.test(name)) throw notFound(`trigger '${name}'`)
      return historyJson(await showIncident(app, callerOf(request), Number(name)))
    },
  )
}

function historyJson({ trigger, words, earlier }: IncidentHistory) {
  return {
    ...{ trigger: trigger.trigger, source: trigger.source, format: trigger.format },
    record: recordJson(trigger.record),
    words: words.map((recorded) => eventJson(recorded) as EventOf<'trigger.taken'>),
    earlier,
  }
}

/** As sources hand it over. */
function recordJson(record: IncidentHistory['trigger']['record']) {
  const { target, detectedAt, ceasedAt, clockError, lifetime, ...rest } = record
  return {
    ...rest,
    target: targetText(record.target),
    detectedAt: timeText(detectedAt),
    ...(ceasedAt === undefined ? {} : { ceasedAt: timeText(ceasedAt) }),
    ...(clockError === undefined ? {} : { clockError: durationText(clockError) }),
    ...(lifetime === undefined ? {} : { lifetime: durationText(lifetime) }),
  }
}
