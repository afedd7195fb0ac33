import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { listIncidents } from '../../app/incidents.ts'
import { type Taken, takeTriggers } from '../../app/take-triggers.ts'
import { asTriggerInput } from '../../triggers/trigger-schema.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { noQuery } from '../schemas.ts'
import { incidents, incidentsQuery, takenTriggers, triggers } from '../schemas-triggers.ts'

/** What our own form is called among those of others. */
const OWN_FORMAT = 'cordon'
const PAGE = 100

export function triggerRoutes(server: FastifyInstance, { app }: Face): void {
  server.post<{ Body: Static<typeof triggers> }>(
    '/v1/triggers',
    {
      schema: {
        ...under('takeTriggers'),
        summary: 'Hands over what was detected.',
        description:
          'Each is decided about by the policies. One that was taken before, by its id and revision, changes nothing, so a request may be sent again.',
        tags: ['triggers'],
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
  server.get<{ Querystring: Static<typeof incidentsQuery> }>(
    '/v1/triggers',
    {
      schema: {
        ...under('listTriggers'),
        summary: 'Lists the incidents that sources speak of, the newest word first.',
        tags: ['triggers'],
        querystring: incidentsQuery,
        response: { 200: incidents, ...REFUSALS },
      },
    },
    async (request) => {
      const { open = false, limit = PAGE, before } = request.query
      const page = await listIncidents(app, callerOf(request), { open, limit, before })
      return {
        incidents: page.incidents.map(({ opens, at, blocks, ...incident }) => ({
          ...incident,
          opens: opens.length,
          at: timeText(at),
          blocks: blocks.map(({ block }) => blockName(block)),
        })),
        ...(page.next === undefined ? {} : { next: page.next }),
      }
    },
  )
}

export function takenJson(taken: Taken) {
  if (!taken.ok) return { error: { code: taken.error.code, detail: taken.error.message } }
  const { ok: _, block, tried, ...rest } = taken
  return { ...rest, tried: [...tried], ...(block === undefined ? {} : { block: blockName(block) }) }
}

function blockName(id: number) {
  return { id, name: `Cordon#${id}` }
}
