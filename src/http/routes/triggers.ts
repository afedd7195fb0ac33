import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { Incident } from '../../app/incidents.ts'
import { listIncidents } from '../../app/incidents.ts'
import { takeRecords } from '../../app/take-records.ts'
import { type Taken, takeTriggers } from '../../app/take-triggers.ts'
import { asTriggerInput } from '../../triggers/trigger-schema.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, NAME, REFUSALS, under } from '../face.ts'
import { noQuery } from '../schemas.ts'
import {
  incidents,
  incidentsQuery,
  records,
  takenRecords,
  takenTriggers,
  triggers,
} from '../schemas-triggers.ts'
import { incidentRoute } from './incident.ts'

/** What our own form is called among those of others. */
const OWN_FORMAT = 'cordon'
const PAGE = 100
/** A report of FastNetMon is 64 KiB of text, escaped. */
const RECORDS_LIMIT = 2 * 1_024 * 1_024

const TAGS = { tags: ['triggers'] }

export function triggerRoutes(server: FastifyInstance, face: Face): void {
  ownRoute(server, face)
  formatRoute(server, face)
  listRoute(server, face)
  incidentRoute(server, face)
}

function ownRoute(server: FastifyInstance, { app }: Face): void {
  server.post<{ Body: Static<typeof triggers> }>(
    '/v1/triggers',
    {
      schema: {
        ...under('takeTriggers'),
        ...TAGS,
        summary: 'Hands over what was detected.',
        description:
          'Each is decided about by the policies. One that was taken before, by its id and revision, changes nothing, so a request may be sent again.',
        querystring: noQuery,
        body: triggers,
        response: { 200: takenTriggers, ...REFUSALS },
      },
    },
    async (request) => {
      const inputs = request.body.triggers.map(asTriggerInput)
      const taken = await takeTriggers(app, callerOf(request), OWN_FORMAT, inputs)
      return { items: taken.map(takenJson) }
    },
  )
}

function formatRoute(server: FastifyInstance, { app }: Face): void {
  server.post<{ Params: { name: string }; Body: Static<typeof records> }>(
    `/v1/triggers/${NAME}`,
    {
      bodyLimit: RECORDS_LIMIT,
      schema: {
        ...under('takeTriggers'),
        ...TAGS,
        summary: 'Hands over what was detected, in the form of its source.',
        description: 'One record, or a list of them. Forms are listed in docs/triggers.md.',
        querystring: noQuery,
        body: records,
        response: { 200: takenRecords, ...REFUSALS },
      },
    },
    async (request) => {
      const { body } = request
      const given = Array.isArray(body) ? (body as readonly unknown[]) : [body]
      const { items, ignored } = await takeRecords(app, callerOf(request), request.params.name, given)
      return { items: items.map(takenJson), ignored: [...ignored] }
    },
  )
}

function listRoute(server: FastifyInstance, { app }: Face): void {
  server.get<{ Querystring: Static<typeof incidentsQuery> }>(
    '/v1/triggers',
    {
      schema: {
        ...under('listTriggers'),
        ...TAGS,
        summary: 'Lists the incidents that sources speak of, the newest word first.',
        querystring: incidentsQuery,
        response: { 200: incidents, ...REFUSALS },
      },
    },
    async (request) => {
      const { open = false, limit = PAGE, before } = request.query
      const page = await listIncidents(app, callerOf(request), { open, limit, before })
      return {
        incidents: page.incidents.map((one) => incidentJson(app, one)),
        ...(page.next === undefined ? {} : { next: page.next }),
      }
    },
  )
}

function takenJson(taken: Taken) {
  if (!taken.ok) return { error: { code: taken.error.code, detail: taken.error.message } }
  const { ok: _, block, tried, ...rest } = taken
  return { ...rest, tried: [...tried], ...(block === undefined ? {} : { block: blockName(block) }) }
}

function incidentJson(app: Face['app'], { opens, at, blocks, ...incident }: Incident) {
  const name = app.ledger.head.tokens.get(incident.source)?.name
  return {
    ...incident,
    ...(name === undefined ? {} : { sourceName: name }),
    opens: opens.length,
    at: timeText(at),
    blocks: blocks.map(({ block }) => blockName(block)),
  }
}

function blockName(id: number) {
  return { id, name: `Cordon#${id}` }
}
