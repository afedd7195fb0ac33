import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import { amendBlock } from '../../app/amend-block.ts'
import { notFound } from '../../app/app-error.ts'
import { releaseBlock } from '../../app/release-block.ts'
import { blockHistory, showBlock, viewBlock } from '../../app/show-blocks.ts'
import { waitForBlock } from '../../app/wait-for-block.ts'
import type { Block } from '../../domain/block.ts'
import { callerOf } from '../auth.ts'
import { blockJson } from '../block-json.ts'
import { type Face, ID, REFUSALS, under } from '../face.ts'
import { etag, ifMatch, preferredWait } from '../headers.ts'
import { historyJson } from '../history-json.ts'
import { amendment, block, noQuery, nothing, release } from '../schemas.ts'
import { history } from '../schemas-more.ts'

export interface ById {
  Params: { id: string }
}

export const WAIT_HEADERS = Type.Object({
  Prefer: Type.Optional(
    Type.String({ description: 'wait=N: answers when the devices have it, after N seconds at the latest.' }),
  ),
})

const ANSWER = { 200: block, ...REFUSALS }

export function blockRoutes(server: FastifyInstance, face: Face): void {
  showRoutes(server, face)
  amendRoute(server, face)
  releaseRoutes(server, face)
}

function showRoutes(server: FastifyInstance, face: Face): void {
  const { app } = face
  server.get<ById>(
    `/v1/blocks/${ID}`,
    {
      schema: {
        ...under('showBlock'),
        summary: 'Shows a block.',
        tags: ['blocks'],
        querystring: noQuery,
        headers: WAIT_HEADERS,
        response: ANSWER,
      },
    },
    async (request, reply) => {
      const { block: shown } = await showBlock(app, callerOf(request), Number(request.params.id))
      return answerBlock(face, reply, shown, preferredWait(request))
    },
  )
  server.get<ById>(
    `/v1/blocks/${ID}/history`,
    {
      schema: {
        ...under('blockHistory'),
        summary: 'What the ledger says of a block.',
        tags: ['blocks'],
        querystring: noQuery,
        response: { 200: history, ...REFUSALS },
      },
    },
    async (request) => {
      const id = Number(request.params.id)
      const events = await blockHistory(app, callerOf(request), id)
      if (events.length === 0) throw notFound(`block ${id}`)
      return { events: events.flatMap((event) => historyJson(app, event)) }
    },
  )
}

function amendRoute(server: FastifyInstance, face: Face): void {
  server.patch<ById & { Body: Static<typeof amendment> }>(
    `/v1/blocks/${ID}`,
    {
      schema: {
        ...under('amendBlock'),
        summary: 'Changes the end, the reason or the ticket of a block.',
        tags: ['blocks'],
        querystring: noQuery,
        headers: Type.Object({
          'If-Match': Type.String({ description: 'The ETag that was seen.' }),
          ...WAIT_HEADERS.properties,
        }),
        body: amendment,
        response: ANSWER,
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const version = ifMatch(request)
      const amended = await amendBlock(face.app, caller, Number(request.params.id), version, request.body)
      return answerBlock(face, reply, amended, preferredWait(request))
    },
  )
}

function releaseRoutes(server: FastifyInstance, face: Face): void {
  const schema = { tags: ['blocks'], querystring: noQuery, headers: WAIT_HEADERS, response: ANSWER }
  server.delete<ById>(
    `/v1/blocks/${ID}`,
    { schema: { ...under('releaseBlock'), summary: 'Releases a block.', body: nothing, ...schema } },
    async (request, reply) => {
      const released = await releaseBlock(face.app, callerOf(request), Number(request.params.id), undefined)
      return answerBlock(face, reply, released, preferredWait(request))
    },
  )
  server.post<ById & { Body: Static<typeof release> | undefined }>(
    `/v1/blocks/${ID}::release`,
    {
      schema: {
        ...under('releaseBlock'),
        summary: 'Releases a block, saying why.',
        body: release,
        ...schema,
      },
    },
    async (request, reply) => {
      const id = Number(request.params.id)
      const released = await releaseBlock(face.app, callerOf(request), id, request.body?.why)
      return answerBlock(face, reply, released, preferredWait(request))
    },
  )
}

/** Answers with a block as it stands now, or as it stands when the wait is over. */
export async function answerBlock(face: Face, reply: FastifyReply, one: Block, wait: number) {
  const { app } = face
  const view =
    wait === 0 ? viewBlock(app, one) : await waitForBlock(app, one, wait * 1_000, stillWanted(face, reply))
  if (wait > 0) reply.header('preference-applied', `wait=${wait}`)
  reply.header('etag', etag(view.block.version))
  return blockJson(app, view, callerOf(reply.request))
}

/** Aborted when the client has left or the server closes. */
function stillWanted({ closing }: Face, reply: FastifyReply): AbortSignal {
  const left = new AbortController()
  reply.raw.once('close', () => left.abort())
  return AbortSignal.any([left.signal, closing])
}
