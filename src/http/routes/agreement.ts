import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { approveBlock, declineBlock, proposeAgain } from '../../app/agree.ts'
import { showPlan } from '../../app/dry-run.ts'
import { callerOf } from '../auth.ts'
import { planJson } from '../block-json.ts'
import { type Face, ID, REFUSALS, under } from '../face.ts'
import { preferredWait } from '../headers.ts'
import { approval, block, noQuery, plan, proposingAgain, release } from '../schemas.ts'
import { answerBlock, type ById, WAIT_HEADERS } from './blocks.ts'

const BASE = { tags: ['agreement'], querystring: noQuery }
const ANSWER = { 200: block, ...REFUSALS }

export function agreementRoutes(server: FastifyInstance, face: Face): void {
  const { app } = face
  server.get<ById>(
    `/v1/blocks/${ID}/plan`,
    {
      schema: {
        ...BASE,
        ...under('showPlan'),
        summary: 'What a block covers and becomes as things are now; to be seen before agreeing to it.',
        response: { 200: plan, ...REFUSALS },
      },
    },
    async (request) => planJson(await showPlan(app, callerOf(request), Number(request.params.id))),
  )
  server.post<ById & { Body: Static<typeof approval> }>(
    `/v1/blocks/${ID}::approve`,
    {
      schema: {
        ...BASE,
        ...under('approveBlock'),
        summary: 'Agrees to a block, for exactly the plan whose digest is given.',
        headers: WAIT_HEADERS,
        body: approval,
        response: ANSWER,
      },
    },
    async (request, reply) => {
      const agreed = await approveBlock(app, callerOf(request), Number(request.params.id), request.body)
      return answerBlock(face, reply, agreed, preferredWait(request))
    },
  )
  proposeRoute(server, face)
  declineRoute(server, face)
}

function proposeRoute(server: FastifyInstance, face: Face): void {
  const { app } = face
  server.post<ById & { Body: Static<typeof proposingAgain> }>(
    `/v1/blocks/${ID}::propose`,
    {
      schema: {
        ...BASE,
        ...under('proposeAgain'),
        summary: 'Proposes what a block has become by now; others have to agree to that.',
        body: proposingAgain,
        response: ANSWER,
      },
    },
    async (request, reply) => {
      const { digest } = request.body
      const proposed = await proposeAgain(app, callerOf(request), Number(request.params.id), digest)
      return answerBlock(face, reply, proposed, 0)
    },
  )
}

function declineRoute(server: FastifyInstance, face: Face): void {
  const { app } = face
  server.post<ById & { Body: Static<typeof release> | undefined }>(
    `/v1/blocks/${ID}::decline`,
    {
      schema: {
        ...BASE,
        ...under('declineBlock'),
        summary: 'Does not agree to a block, which ends by that.',
        body: release,
        response: ANSWER,
      },
    },
    async (request, reply) => {
      const declined = await declineBlock(
        app,
        callerOf(request),
        Number(request.params.id),
        request.body?.why,
      )
      return answerBlock(face, reply, declined, 0)
    },
  )
}
