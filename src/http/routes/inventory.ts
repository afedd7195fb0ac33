import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { type InventoryPlan, planInventory, reloadInventory, showInventory } from '../../app/inventory.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { noQuery } from '../schemas.ts'
import { inventory, inventoryPlan, inventoryReload, inventoryText } from '../schemas-inventory.ts'

const BASE = { tags: ['inventory'], querystring: noQuery }
/** A configuration of a large site. */
const BODY_LIMIT = 8 * 1_024 * 1_024

export function inventoryRoutes(server: FastifyInstance, { app }: Face): void {
  server.get(
    '/v1/inventory',
    {
      schema: {
        ...BASE,
        ...under('showInventory'),
        summary: 'The inventory that counts, and what became of the last try to read it anew.',
        response: { 200: inventory, ...REFUSALS },
      },
    },
    async (request) => viewJson(await showInventory(app, callerOf(request))),
  )
  server.post<{ Body: Static<typeof inventoryText> | undefined }>(
    '/v1/inventory::plan',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        ...BASE,
        ...under('planInventory'),
        summary: 'What would change if the inventory were read anew, or another configuration stood there.',
        body: inventoryText,
        response: { 200: inventoryPlan, ...REFUSALS },
      },
    },
    async (request) => planJson(await planInventory(app, callerOf(request), request.body?.text)),
  )
  reloadRoute(server, app)
}

function reloadRoute(server: FastifyInstance, app: Face['app']): void {
  server.post<{ Body: Static<typeof inventoryReload> | undefined }>(
    '/v1/inventory::reload',
    {
      schema: {
        ...BASE,
        ...under('reloadInventory'),
        summary: 'Reads the inventory anew and lets it count.',
        body: inventoryReload,
        response: { 200: inventoryPlan, ...REFUSALS },
      },
    },
    async (request) => planJson(await reloadInventory(app, callerOf(request), request.body?.agree)),
  )
}

function viewJson({ site, reviews }: Awaited<ReturnType<typeof showInventory>>) {
  const { lists, digest, loadedAt, needsRestart, failed, asks } = site
  return {
    digest,
    loadedAt: timeText(loadedAt),
    departments: lists.departments.length,
    connections: lists.connections.length,
    protected: lists.protected.length,
    hosts: lists.hosts?.length ?? 0,
    devices: lists.devices.length,
    needsRestart,
    reviews: reviews.map(({ name, prefix, review = '', owner }) => ({
      ...{ name, prefix, review },
      ...(owner === undefined ? {} : { owner }),
    })),
    ...(failed === undefined ? {} : { failed: { at: timeText(failed.at), problems: failed.problems } }),
    ...(asks === undefined ? {} : { asks: { ...asks, at: timeText(asks.at) } }),
  }
}

function planJson({ digest, comparison, effects, needsRestart, calendar, asks }: InventoryPlan) {
  return {
    digest,
    ...comparison,
    effects: effects.map(({ block, ...effect }) => ({ block, name: `Cordon#${block}`, ...effect })),
    needsRestart,
    ...(calendar === undefined ? {} : { calendar }),
    ...(asks === undefined ? {} : { asks }),
  }
}
