import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { type BlockHits, blockHits } from '../../app/hits.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, ID, REFUSALS, under } from '../face.ts'
import { type HitsJson, hits } from '../schemas-more.ts'
import { hitsQuery } from '../schemas-queries.ts'
import type { ById } from './blocks.ts'

export function hitsRoute(server: FastifyInstance, { app }: Face): void {
  server.get<ById & { Querystring: Static<typeof hitsQuery> }>(
    `/v1/blocks/${ID}/hits`,
    {
      schema: {
        ...under('blockHits'),
        summary: 'What the rules of a block have dropped or limited.',
        tags: ['blocks'],
        querystring: hitsQuery,
        response: { 200: hits, ...REFUSALS },
      },
    },
    async (request) => {
      const { params, query } = request
      return hitsJson(await blockHits(app, callerOf(request), Number(params.id), query.fresh ?? true))
    },
  )
}

function hitsJson({ block, packets, bytes, lastHit, precision, devices }: BlockHits): HitsJson {
  return {
    block: block.id,
    name: `Cordon#${block.id}`,
    packets,
    bytes,
    ...lastHitJson(lastHit),
    lastHitPrecision: Math.round(precision / 1_000),
    devices: devices.map(({ since, rules, ...device }) => ({
      ...device,
      ...(since === undefined ? {} : { since: timeText(since) }),
      rules: rules.map(({ lastHit: last, ...rule }) => ({ ...rule, ...lastHitJson(last) })),
    })),
  }
}

function lastHitJson(lastHit: number | undefined) {
  return lastHit === undefined ? {} : { lastHit: timeText(lastHit) }
}
