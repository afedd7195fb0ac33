import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { type CalendarView, type DueView, showCalendar, workOutDue } from '../../app/calendar.ts'
import { tiersOf } from '../../calendar/calendar.ts'
import { zonedText } from '../../calendar/local-time.ts'
import type { ServiceDay } from '../../calendar/service-days.ts'
import { type ServiceTargets, targetText } from '../../calendar/service-target.ts'
import { callerOf } from '../auth.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import {
  type CalendarAnswerJson,
  calendarAnswer,
  calendarQuery,
  type DueAnswerJson,
  dueAnswer,
  dueQuery,
} from '../schemas-calendar.ts'

export function calendarRoutes(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Static<typeof calendarQuery> }>(
    '/v1/calendar',
    {
      schema: {
        ...under('showCalendar'),
        summary: 'When the service is there, and what it promises.',
        tags: ['calendar'],
        querystring: calendarQuery,
        response: { 200: calendarAnswer, ...REFUSALS },
      },
    },
    async (request) => viewJson(showCalendar(app, callerOf(request), request.query)),
  )
  server.get<{ Querystring: Static<typeof dueQuery> }>(
    '/v1/calendar::due',
    {
      schema: {
        ...under('workOutDue'),
        summary: 'Works out when something that is promised is due.',
        tags: ['calendar'],
        querystring: dueQuery,
        response: { 200: dueAnswer, ...REFUSALS },
      },
    },
    async (request) => dueJson(workOutDue(app, callerOf(request), request.query)),
  )
}

function viewJson({ calendar: { version, zone }, targets, now, days }: CalendarView): CalendarAnswerJson {
  const { at, tier, changes } = now
  return {
    version,
    zone,
    now: {
      at: zonedText(zone, at),
      tier,
      ...(changes === undefined ? {} : { changes: zonedText(zone, changes) }),
    },
    targets: targetsJson(targets),
    days: days.map((day) => dayJson(day, zone)),
  }
}

function targetsJson({ unblock, logs, acknowledge, soon }: ServiceTargets): CalendarAnswerJson['targets'] {
  return {
    unblock: targetText(unblock),
    logs: targetText(logs),
    acknowledge: {
      urgent: targetText(acknowledge.urgent),
      important: targetText(acknowledge.important),
      other: targetText(acknowledge.other),
    },
    soon: targetText(soon),
  }
}

function dayJson(day: ServiceDay, zone: string): CalendarAnswerJson['days'][number] {
  const { holiday, closure, opening } = day
  return {
    day: day.day,
    hours: tiersOf(day).map(({ from, to, tier }) => ({
      ...{ tier, from: zonedText(zone, from), to: zonedText(zone, to) },
    })),
    ...(holiday === undefined ? {} : { holiday }),
    ...(closure === undefined ? {} : { closure }),
    ...(opening === undefined ? {} : { opening }),
  }
}

function dueJson({
  calendar: { version, zone },
  target,
  from,
  tier,
  due,
  time,
  remind,
}: DueView): DueAnswerJson {
  return {
    ...{ version, zone, tier, timeMs: time },
    target: targetText(target),
    from: zonedText(zone, from),
    due: zonedText(zone, due),
    remind: zonedText(zone, remind),
  }
}
