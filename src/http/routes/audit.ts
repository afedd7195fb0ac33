import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { AppError } from '../../app/app-error.ts'
import { type AuditQuery, readAudit } from '../../app/audit.ts'
import { EVENT_GROUPS, type EventGroup, type EventType, typesIn } from '../../app/audit-filter.ts'
import { auditEntry } from '../audit-json.ts'
import { callerOf } from '../auth.ts'
import { typeOf } from '../event-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { auditPage, auditQuery } from '../schemas-audit.ts'
import { EVENTS, type EventName } from '../schemas-events.ts'
import { timeAt } from '../time-at.ts'
import { targetAt } from './list.ts'

const PAGE = 50

type Query = Static<typeof auditQuery>

export function auditRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Query }>(
    '/v1/audit',
    {
      schema: {
        ...under('readAudit'),
        summary: 'Who did what, by the ledger. That it was asked for is recorded.',
        tags: ['audit'],
        querystring: auditQuery,
        response: { 200: auditPage, ...REFUSALS },
      },
    },
    async (request) => {
      const { events, next } = await readAudit(app, callerOf(request), readQuery(request.query))
      return {
        entries: events.map((recorded) => auditEntry(app, recorded)),
        ...(next === undefined ? {} : { next }),
      }
    },
  )
}

function readQuery({ from, to, kind, target, limit, ...rest }: Query): AuditQuery {
  return {
    ...rest,
    ...(from === undefined ? {} : { from: timeAt('from', from) }),
    ...(to === undefined ? {} : { to: timeAt('to', to) }),
    ...(kind === undefined ? {} : { types: typesOf(kind) }),
    ...(target === undefined ? {} : { target: targetAt('target', target) }),
    limit: limit ?? PAGE,
  }
}

/** @throws AppError `invalid` */
function typesOf(kind: string): ReadonlySet<EventType> {
  return new Set(kind.split(',').flatMap((name) => typesNamed(name.trim())))
}

function typesNamed(name: string): readonly EventType[] {
  if ((EVENT_GROUPS as readonly string[]).includes(name)) return typesIn(name as EventGroup)
  if (Object.hasOwn(EVENTS, name)) return [typeOf(name as EventName)]
  throw new AppError(
    400,
    'invalid',
    `kind: there is no '${name}'; give a group (${EVENT_GROUPS.join(', ')}) or a type (${Object.keys(EVENTS).join(', ')})`,
    { path: 'kind' },
  )
}
