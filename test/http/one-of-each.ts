import { SCANNER } from './face.ts'

/** A right request, so that only who asks decides. */
interface Asked {
  readonly url: string
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
}

const TRIGGER = {
  ...{ id: 'x', revision: 1, kind: 'open', target: '10.10.1.9', role: 'victim', category: 'other' },
  detectedAt: '2026-01-01T00:00:00Z',
}

const LOGS = {
  departments: ['physics'],
  logs: { of: 'nat', about: '10.10.1.9', from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z' },
  text: 'x',
}

/** What is sent to each route; one that is not here fails. */
export const REQUESTS: Readonly<Record<string, Asked>> = {
  'GET /metrics': { url: '/metrics' },
  'POST /logout': { url: '/logout' },
  'GET /v1/blocks': { url: '/v1/blocks' },
  'POST /v1/blocks': { url: '/v1/blocks', body: SCANNER },
  'DELETE /v1/blocks/{id}': { url: '/v1/blocks/ID' },
  'GET /v1/blocks/{id}': { url: '/v1/blocks/ID' },
  'PATCH /v1/blocks/{id}': { url: '/v1/blocks/ID', body: { reason: 'x' } },
  'GET /v1/blocks/{id}/history': { url: '/v1/blocks/ID/history' },
  'GET /v1/blocks/{id}/hits': { url: '/v1/blocks/ID/hits' },
  'GET /v1/blocks/{id}/plan': { url: '/v1/blocks/ID/plan' },
  'POST /v1/blocks/{id}:approve': { url: '/v1/blocks/ID:approve', body: { digest: 'x' } },
  'POST /v1/blocks/{id}:decline': { url: '/v1/blocks/ID:decline' },
  'POST /v1/blocks/{id}:propose': { url: '/v1/blocks/ID:propose', body: { digest: 'x' } },
  'POST /v1/blocks/{id}:release': { url: '/v1/blocks/ID:release' },
  'POST /v1/blocks:batch': { url: '/v1/blocks:batch', body: { blocks: [SCANNER] } },
  'POST /v1/blocks:dryRun': { url: '/v1/blocks:dryRun', body: SCANNER },
  'GET /v1/requests': { url: '/v1/requests' },
  'POST /v1/requests': { url: '/v1/requests', body: { block: 1, text: 'x' } },
  'POST /v1/requests:logs': { url: '/v1/requests:logs', body: LOGS },
  'GET /v1/requests/{id}': { url: '/v1/requests/REQUEST' },
  'POST /v1/requests/{id}:take': { url: '/v1/requests/REQUEST:take' },
  'POST /v1/requests/{id}:say': { url: '/v1/requests/REQUEST:say', body: { text: 'x' } },
  'POST /v1/requests/{id}:reopen': { url: '/v1/requests/REQUEST:reopen', body: { text: 'x' } },
  'POST /v1/requests/{id}:grant': { url: '/v1/requests/REQUEST:grant' },
  'POST /v1/requests/{id}:deny': { url: '/v1/requests/REQUEST:deny', body: { text: 'x', actions: ['y'] } },
  'POST /v1/requests/{id}:withdraw': { url: '/v1/requests/REQUEST:withdraw' },
  'POST /v1/requests/{id}:close': { url: '/v1/requests/REQUEST:close', body: { how: 'received' } },
  'GET /v1/automation': { url: '/v1/automation' },
  'POST /v1/automation:freeze': { url: '/v1/automation:freeze', body: { reason: 'x' } },
  'POST /v1/automation:thaw': { url: '/v1/automation:thaw' },
  'POST /v1/automation:panic': { url: '/v1/automation:panic', body: { reason: 'x' } },
  'POST /v1/automation:reset': { url: '/v1/automation:reset' },
  'POST /v1/tokens/{id}:mute': { url: '/v1/tokens/nobody:mute', body: { reason: 'x' } },
  'POST /v1/tokens/{id}:unmute': { url: '/v1/tokens/nobody:unmute' },
  'GET /v1/devices': { url: '/v1/devices' },
  'GET /v1/devices/{name}': { url: '/v1/devices/edge-1' },
  'POST /v1/devices/{name}:check': { url: '/v1/devices/edge-1:check' },
  'POST /v1/devices/{name}:free': { url: '/v1/devices/edge-1:free' },
  'POST /v1/devices/{name}:hold': { url: '/v1/devices/edge-2:hold', body: { duration: '1s', reason: 'x' } },
  'POST /v1/devices/{name}:resync': { url: '/v1/devices/edge-1:resync' },
  'GET /v1/events': { url: '/v1/events?after=999999' },
  'GET /v1/audit': { url: '/v1/audit' },
  'GET /v1/statistics': { url: '/v1/statistics' },
  'GET /v1/statistics/public': { url: '/v1/statistics/public' },
  'GET /v1/explain': { url: '/v1/explain?target=ADDRESS' },
  'GET /v1/quota': { url: '/v1/quota' },
  'GET /v1/calendar': { url: '/v1/calendar' },
  'GET /v1/calendar:due': { url: '/v1/calendar:due?target=30m' },
  'GET /v1/lists/{name}': { url: '/v1/lists/edge-1' },
  'GET /v1/decisions': { url: '/v1/decisions' },
  'GET /v1/decisions/stream': { url: '/v1/decisions/stream' },
  'POST /v1/usage-metrics': { url: '/v1/usage-metrics', body: {} },
  'GET /v1/inventory': { url: '/v1/inventory' },
  'POST /v1/inventory:plan': { url: '/v1/inventory:plan' },
  'POST /v1/inventory:reload': { url: '/v1/inventory:reload' },
  'POST /v1/triggers': { url: '/v1/triggers', body: { triggers: [TRIGGER] } },
  'POST /v1/triggers/{name}': { url: '/v1/triggers/fastnetmon', body: {} },
  'GET /v1/triggers': { url: '/v1/triggers' },
  'GET /v1/sources': { url: '/v1/sources' },
  'GET /v1/triggers/{name}': { url: '/v1/triggers/1' },
  'GET /v1/bindings': { url: '/v1/bindings?address=ADDRESS' },
  'POST /v1/bindings:import': {
    url: '/v1/bindings:import?format=csv&source=x',
    body: 'address,from,mac\n',
    headers: { 'content-type': 'text/csv' },
  },
  'GET /v1/people': { url: '/v1/people' },
  'POST /v1/people': { url: '/v1/people', body: { name: 'x', roles: ['viewer'] } },
  'PATCH /v1/people/{id}': { url: '/v1/people/nobody', body: { name: 'x' } },
  'DELETE /v1/people/{id}': { url: '/v1/people/nobody' },
  'GET /v1/tokens': { url: '/v1/tokens' },
  'POST /v1/tokens': {
    url: '/v1/tokens',
    body: { name: 'x', roles: ['trigger'], origin: 'automatic', duration: '1h' },
  },
  'DELETE /v1/tokens/{id}': { url: '/v1/tokens/nobody' },
  'GET /v1/whoami': { url: '/v1/whoami' },
}
