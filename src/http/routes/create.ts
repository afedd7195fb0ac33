import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { type Created, createBlocks } from '../../app/create-blocks.ts'
import { dryRun } from '../../app/dry-run.ts'
import { callerOf } from '../auth.ts'
import { planJson, quotaJson } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { idempotencyKey, preferredWait } from '../headers.ts'
import { block, type NewBlockJson, newBlock, noQuery, plan } from '../schemas.ts'
import { createQuery } from '../schemas-queries.ts'
import { near } from '../schemas-quota.ts'
import { answerBlock, WAIT_HEADERS } from './blocks.ts'

export const KEY_HEADERS = {
  'Idempotency-Key': Type.String({ description: 'A text of your own for this one request.' }),
}

/** The block, and the quotas that it uses and that are nearly used up. */
const made = Type.Object({ ...block.properties, near: Type.Optional(near) })

/** One block: far below what a batch may be. */
const BODY_LIMIT = 64 * 1_024

interface Create {
  Body: NewBlockJson
  Querystring: Static<typeof createQuery>
}

export function createRoutes(server: FastifyInstance, face: Face): void {
  server.post<Create>(
    '/v1/blocks',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        ...under('createBlocks'),
        summary: 'Makes a block, or with dryRun says what it would become.',
        tags: ['blocks'],
        querystring: createQuery,
        headers: Type.Object({ ...KEY_HEADERS, ...WAIT_HEADERS.properties }),
        body: newBlock,
        response: { 200: plan, 201: made, ...REFUSALS },
      },
    },
    async (request, reply) =>
      request.query.dryRun === true
        ? planJson(await dryRun(face.app, callerOf(request), request.body))
        : create(face, request, reply),
  )
  server.post<Create>(
    '/v1/blocks::dryRun',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        ...under('planBlock'),
        summary: 'What a block would become, without recording or sending anything.',
        tags: ['blocks'],
        querystring: noQuery,
        body: newBlock,
        response: { 200: plan, ...REFUSALS },
      },
    },
    async (request) => planJson(await dryRun(face.app, callerOf(request), request.body)),
  )
}

async function create(face: Face, request: FastifyRequest<Create>, reply: FastifyReply) {
  const {
    items,
    replayed,
    near: nearly,
  } = await createBlocks(face.app, callerOf(request), [request.body], idempotencyKey(request))
  const [item] = items
  if (item === undefined) throw new Error('one block was asked for and nothing was answered')
  markReplay(reply, replayed)
  const one = blockOf(face, item)
  reply.code(201).header('location', `/v1/blocks/${one.id}`)
  const shown = await answerBlock(face, reply, one, preferredWait(request))
  return nearly.length === 0 ? shown : { ...shown, near: nearly.map(quotaJson) }
}

function blockOf({ metrics }: Face, item: Created) {
  if (item.ok) return item.block
  metrics.refused(item.error)
  throw item.error
}

export function markReplay(reply: FastifyReply, replayed: boolean): void {
  if (replayed) reply.header('idempotency-replayed', 'true')
}
