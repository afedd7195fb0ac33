import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { PROBLEMS } from '../../src/http/problem.ts'
import { type Json, list, startFace } from './face.ts'

/** Everything that is served; a route that is not here is not documented either. */
const ROUTES = [
  'GET /livez',
  'GET /login',
  'GET /login/callback',
  'POST /logout',
  'GET /metrics',
  'GET /openapi.json',
  'GET /readyz',
  'GET /v1/blocks',
  'POST /v1/blocks',
  'DELETE /v1/blocks/{id}',
  'GET /v1/blocks/{id}',
  'PATCH /v1/blocks/{id}',
  'GET /v1/blocks/{id}/history',
  'GET /v1/blocks/{id}/hits',
  'POST /v1/blocks/{id}:release',
  'POST /v1/blocks:batch',
  'POST /v1/blocks:dryRun',
  'GET /v1/automation',
  'POST /v1/automation:freeze',
  'POST /v1/automation:panic',
  'POST /v1/automation:reset',
  'POST /v1/automation:thaw',
  'GET /v1/blocks/{id}/plan',
  'POST /v1/blocks/{id}:approve',
  'POST /v1/blocks/{id}:decline',
  'POST /v1/blocks/{id}:propose',
  'GET /v1/lists/{name}',
  'GET /v1/decisions',
  'GET /v1/decisions/stream',
  'POST /v1/usage-metrics',
  'GET /v1/inventory',
  'POST /v1/inventory:plan',
  'POST /v1/inventory:reload',
  'GET /v1/bindings',
  'POST /v1/bindings:import',
  'GET /v1/triggers',
  'GET /v1/triggers/{name}',
  'POST /v1/triggers',
  'POST /v1/triggers/{name}',
  'GET /v1/requests',
  'POST /v1/requests',
  'GET /v1/requests/{id}',
  'POST /v1/requests:logs',
  'POST /v1/requests/{id}:take',
  'POST /v1/requests/{id}:say',
  'POST /v1/requests/{id}:reopen',
  'POST /v1/requests/{id}:grant',
  'POST /v1/requests/{id}:deny',
  'POST /v1/requests/{id}:withdraw',
  'POST /v1/requests/{id}:close',
  'GET /v1/mail',
  'GET /v1/mail/{id}',
  'GET /v1/messages',
  'GET /v1/messages/{id}',
  'GET /v1/people',
  'GET /v1/quota',
  'GET /v1/calendar',
  'GET /v1/calendar:due',
  'GET /v1/retention',
  'POST /v1/retention:run',
  'GET /v1/sources',
  'POST /v1/mail',
  'POST /v1/mail/{id}:done',
  'POST /v1/messages/{id}:again',
  'POST /v1/messages/{id}:drop',
  'POST /v1/people',
  'PATCH /v1/people/{id}',
  'DELETE /v1/people/{id}',
  'POST /v1/tokens/{id}:mute',
  'POST /v1/tokens/{id}:unmute',
  'GET /v1/devices',
  'GET /v1/devices/{name}',
  'POST /v1/devices/{name}:check',
  'POST /v1/devices/{name}:free',
  'POST /v1/devices/{name}:hold',
  'POST /v1/devices/{name}:resync',
  'GET /v1/audit',
  'GET /v1/statistics',
  'GET /v1/statistics/public',
  'GET /v1/subject',
  'GET /v1/events',
  'GET /v1/explain',
  'GET /v1/tokens',
  'POST /v1/tokens',
  'DELETE /v1/tokens/{id}',
  'GET /v1/whoami',
]

/** What bouncers ask, who know errors as CrowdSec tells them. */
const BOUNCERS = / \/v1\/(decisions|usage-metrics)/

function operations(document: Json): [route: string, operation: Json][] {
  return Object.entries(document['paths'] ?? {}).flatMap(([path, methods]: [string, Json]) =>
    Object.entries(methods).map(([method, operation]): [string, Json] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )
}

test('OpenAPI describes every route, and only those', async (t) => {
  const { send } = await startFace(t)
  const { status, json } = await send('GET', '/openapi.json', { as: null })
  assert.equal(status, 200)
  assert.deepEqual(
    operations(json)
      .map(([route]) => route)
      .sort(),
    [...ROUTES].sort(),
  )
})

test('the document has the shape of OpenAPI 3.1', async (t) => {
  const { send } = await startFace(t)
  const { json } = await send('GET', '/openapi.json', { as: null })
  assert.match(String(json['openapi']), /^3\.1\.\d$/)
  assert.ok(json['info']?.['title'] && json['info']['version'])
  assert.deepEqual(Object.keys(json['components']?.['securitySchemes'] ?? {}), ['token', 'session'])
  for (const [route, operation] of operations(json)) {
    assert.ok(operation['summary'], route)
    const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const parameters = operation['parameters'] === undefined ? [] : list(operation['parameters'])
    const named = parameters.filter((one) => String(one['in']) === 'path')
    assert.deepEqual([route, ...named.map((one) => String(one['name']))], [route, ...inPath])
    assert.ok(
      named.every((one) => one['required'] && one['schema']),
      route,
    )
    for (const [code, answer] of Object.entries(operation['responses'] ?? {}) as [string, Json][]) {
      assert.match(code, /^([1-5]\d\d|[1-5]XX|default)$/)
      assert.equal(typeof answer['description'], 'string', `${route} ${code}`)
    }
    const type = BOUNCERS.test(route) ? 'application/json' : 'application/problem+json'
    if (/ \/v1\//.test(route)) assert.ok(operation['responses']?.['4XX']?.['content']?.[type], route)
  }
})

test('a block may not carry unknown fields by the document either', async (t) => {
  const { send } = await startFace(t)
  const { json } = await send('GET', '/openapi.json', { as: null })
  const body = json['paths']?.['/v1/blocks']?.['post']?.['requestBody']
  const schema = body?.['content']?.['application/json']?.['schema']
  assert.deepEqual(schema?.['additionalProperties'], false)
  assert.deepEqual(schema?.['required'], ['target', 'reason'])
})

test('docs/api.md names every route and every problem code', async () => {
  const text = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8')
  for (const route of ROUTES) assert.ok(text.includes(`\`${route}`), route)
  for (const code of PROBLEMS.keys()) assert.match(text, new RegExp(`\\| \`${code}\` +\\|`), code)
})
