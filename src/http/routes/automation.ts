import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import {
  type Automation,
  freeze,
  muteSource,
  panic,
  resetBreakers,
  showAutomation,
  thaw,
  unmuteSource,
} from '../../app/automation.ts'
import type { UseCase } from '../../app/use-cases.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { because, noQuery, nothing, whichBreaker } from '../schemas.ts'
import { type AutomationJson, automation } from '../schemas-more.ts'

interface Because {
  Body: Static<typeof because>
}

interface ById {
  Params: { id: string }
}

function described(useCase: UseCase, summary: string, more: object = {}) {
  const answer = { response: { 200: automation, ...REFUSALS } }
  return {
    schema: { tags: ['automation'], querystring: noQuery, ...under(useCase), summary, ...answer, ...more },
  }
}

const TOKEN = '/v1/tokens/:id(^[A-Za-z0-9]+$)'

export function automationRoutes(server: FastifyInstance, { app }: Face): void {
  const json = (shown: Automation) => automationJson(app, shown)
  const reasonOf = (request: FastifyRequest<Because>) => request.body.reason
  server.get(
    '/v1/automation',
    described('showAutomation', 'Whether machines may block, and what stops them.'),
    async (request) => json(await showAutomation(app, callerOf(request))),
  )
  server.post<Because>(
    '/v1/automation::freeze',
    described('freeze', 'Takes nothing automatic until it is thawed.', { body: because }),
    async (request) => json(await freeze(app, callerOf(request), reasonOf(request))),
  )
  server.post(
    '/v1/automation::thaw',
    described('thaw', 'Takes automatic blocks again.', { body: nothing }),
    async (request) => json(await thaw(app, callerOf(request))),
  )
  server.post<Because>(
    '/v1/automation::panic',
    described('panic', 'Ends every automatic block and freezes automation.', { body: because }),
    async (request) => json(await panic(app, callerOf(request), reasonOf(request))),
  )
  server.post<{ Body: Static<typeof whichBreaker> | undefined }>(
    '/v1/automation::reset',
    described('resetBreakers', 'Closes a breaker that has tripped, or all of them.', { body: whichBreaker }),
    async (request) => json(await resetBreakers(app, callerOf(request), request.body?.breaker)),
  )
  server.post<Because & ById>(
    `${TOKEN}::mute`,
    described('muteSource', 'Takes nothing that this token asks for until it is unmuted.', { body: because }),
    async (request) => json(await muteSource(app, callerOf(request), request.params.id, request.body.reason)),
  )
  server.post<ById>(
    `${TOKEN}::unmute`,
    described('unmuteSource', 'Takes what this token asks for again.', { body: nothing }),
    async (request) => json(await unmuteSource(app, callerOf(request), request.params.id)),
  )
}

function automationJson(
  { ledger }: Face['app'],
  { frozen, breakers, muted, blocks }: Automation,
): AutomationJson {
  return {
    stopped: frozen !== undefined || breakers.size > 0 || muted.size > 0,
    ...(frozen === undefined ? {} : { frozen: { ...frozen, at: timeText(frozen.at) } }),
    breakers: [...breakers].map(([breaker, { at, ...rest }]) => ({ breaker, ...rest, at: timeText(at) })),
    muted: [...muted].map(([token, { at, ...rest }]) => {
      const name = ledger.head.tokens.get(token)?.name
      return { token, ...(name === undefined ? {} : { name }), ...rest, at: timeText(at) }
    }),
    blocks,
  }
}
