import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { type Created, createBlocks, MOST_AT_ONCE } from '../../app/create-blocks.ts'
import { requireRight } from '../../app/use-cases.ts'
import { callerOf } from '../auth.ts'
import { quotaJson } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { idempotencyKey } from '../headers.ts'
import { invalid, problemOf } from '../problem.ts'
import {
  type BatchItemJson,
  batchAnswer,
  batchRequest,
  type NewBlockJson,
  newBlock,
  noQuery,
} from '../schemas.ts'
import { KEY_HEADERS, markReplay } from './create.ts'

/** A thousand blocks with long reasons. */
const BODY_LIMIT = 4 * 1_024 * 1_024

interface Batch {
  Body: { blocks: readonly unknown[] }
}

/** What the whole must be for its items to be looked at one by one. */
const envelope = Type.Object(
  { blocks: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MOST_AT_ONCE }) },
  { additionalProperties: false },
)

export function batchRoute(server: FastifyInstance, face: Face): void {
  const { compiler, body } = face.validators
  const isNewBlock = body(newBlock)
  server.post<Batch>(
    '/v1/blocks::batch',
    {
      bodyLimit: BODY_LIMIT,
      // Described with its items; checked without them, so that a wrong one does not take the others down.
      validatorCompiler: (route) => (route.httpPart === 'body' ? body(envelope) : compiler(route)),
      schema: {
        ...under('createBlocks'),
        summary: 'Makes up to 1000 blocks; each has an answer of its own.',
        tags: ['blocks'],
        querystring: noQuery,
        headers: Type.Object(KEY_HEADERS),
        body: batchRequest,
        response: { 200: batchAnswer, ...REFUSALS },
      },
    },
    async (request, reply): Promise<Static<typeof batchAnswer>> => {
      const { items, replayed, near } = await createAll(face, request, isNewBlock)
      markReplay(reply, replayed)
      return { items: items as Static<typeof batchAnswer>['items'], near: near.map(quotaJson) }
    },
  )
}

type Check = ReturnType<Face['validators']['body']>

async function createAll(face: Face, request: FastifyRequest<Batch>, isNewBlock: Check) {
  const caller = callerOf(request)
  requireRight(caller, 'createBlocks')
  const key = idempotencyKey(request)
  const good: NewBlockJson[] = []
  const wrong = request.body.blocks.map((one): BatchItemJson | undefined => {
    if (!isNewBlock(one)) return { status: 400, problem: invalid(isNewBlock.errors ?? [], 'block') }
    good.push(one as NewBlockJson)
    return undefined
  })
  const made =
    good.length === 0
      ? { items: [], replayed: false, near: [] }
      : await createBlocks(face.app, caller, good, key)
  const answers = made.items.values()
  const { replayed, near } = made
  return { replayed, near, items: wrong.map((item) => item ?? answerOf(face, answers.next().value)) }
}

function answerOf({ metrics }: Face, made: Created | undefined): BatchItemJson {
  if (made === undefined) throw new Error('more blocks were asked for than answered')
  if (made.ok) {
    const { id, version, wanted } = made.block
    return { status: 201, id, version, wanted }
  }
  metrics.refused(made.error)
  const problem = problemOf(made.error)
  return { status: made.error.status, ...(problem === undefined ? {} : { problem }) }
}
