import type { FastifyInstance } from 'fastify'
import type { App } from '../../app/context.ts'
import { requireRight } from '../../app/use-cases.ts'
import { sleep, wasStepped } from '../../domain/clock.ts'
import { callerOf } from '../auth.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { noQuery } from '../schemas.ts'
import { liveness, readiness } from '../schemas-more.ts'

const BASE = { tags: ['health'], querystring: noQuery }
const OPEN = { ...BASE, security: [] }

/** How long the ledger may take to say whether it takes decisions, in milliseconds. */
const PATIENCE = 2_000

/** Room for one block with the longest words that it may have, in bytes. */
const ONE_BLOCK = 16_384

export function openHealthRoutes(server: FastifyInstance, { app, beside }: Face): void {
  server.get(
    '/livez',
    { schema: { ...OPEN, summary: 'The process answers.', response: { 200: liveness } } },
    async () => ({ status: 'live' as const }),
  )
  server.get(
    '/readyz',
    {
      schema: {
        ...OPEN,
        summary: 'Whether the ledger takes decisions.',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const reasons = await whyUnready(app)
      reply.code(reasons.length === 0 ? 200 : 503)
      const alarms = [...clockAlarms(app), ...lateRouters(app), ...beside.alarms()]
      return { ready: reasons.length === 0, reasons, alarms, devices: devicesInTrouble(app) }
    },
  )
}

export function metricsRoute(server: FastifyInstance, { metrics }: Face): void {
  server.get(
    '/metrics',
    {
      schema: {
        ...BASE,
        ...under('readMetrics'),
        summary: 'Numbers for Prometheus.',
        response: {
          200: { description: 'Text format.', content: { 'text/plain': { schema: { type: 'string' } } } },
          ...REFUSALS,
        },
      },
    },
    async (request, reply) => {
      requireRight(callerOf(request), 'readMetrics')
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
    },
  )
}

/** Asks the ledger for a decision without events: it must find room for one, and writes nothing. */
async function whyUnready({ ledger, clock }: App): Promise<string[]> {
  const late = new AbortController()
  const asked = ledger
    .commit(() => ({ events: [], answer: [] as string[] }), { bytes: ONE_BLOCK, always: false })
    .catch((error: unknown) => [error instanceof Error ? error.message : 'the ledger takes no decisions'])
  const timeUp = sleep(clock, PATIENCE, late.signal).then(() => ['the ledger does not answer'])
  const reasons = await Promise.race([asked, timeUp])
  late.abort()
  return reasons
}

function clockAlarms({ clockDrift }: App): string[] {
  const drift = clockDrift()
  if (!wasStepped(drift)) return []
  const seconds = Math.round(Math.abs(drift) / 1_000)
  return [
    `the wall clock was stepped ${seconds} s ${drift > 0 ? 'forward' : 'back'}; blocks end by the clock as it was until a restart`,
  ]
}

/** Routers that were not seen in time to do what was announced. Anybody may ask, so no rule is named. */
function lateRouters({ engine }: App): string[] {
  return [...engine.devices].flatMap(([name, { watch }]) =>
    watch.enforcers.flatMap(({ lateness }) =>
      lateness.alarm === undefined ? [] : [`${name}: ${lateness.alarm}`],
    ),
  )
}

function devicesInTrouble({ engine }: App): { name: string; state: string }[] {
  return [...engine.devices.values()]
    .map(({ device, runner }) => ({ name: device.name, state: runner.status.state }))
    .filter(({ state }) => state !== 'ready')
}
