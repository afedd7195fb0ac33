import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type AccessScope, MACHINE_ROLES, ROLE_SCOPES, type Role } from '../../src/domain/role.ts'
import { DEFAULT_LIMITS } from '../../src/guards/limits.ts'
import { type Client, type Json, list, type Reply, SCANNER, startFace } from './face.ts'
import { REQUESTS } from './one-of-each.ts'

/** Answers of their own to whoever has not the right for all: of themselves people may ask. */
const OF_THEMSELVES = ['GET /v1/tokens']
const HEADERS = { 'idempotency-key': 'matrix', 'if-match': '"1"' }

interface Operation {
  readonly route: string
  readonly right: string
}

function operationsOf(document: Json): Operation[] {
  return Object.entries(document['paths'] ?? {}).flatMap(([path, methods]: [string, Json]) =>
    Object.entries(methods).flatMap(([method, operation]: [string, Json]) => {
      const route = `${method.toUpperCase()} ${path}`
      if (Array.isArray(operation['security']) && operation['security'].length === 0) return []
      assert.ok(operation['x-right'] && operation['x-use-case'], `${route} does not say what right it needs`)
      return [{ route, right: String(operation['x-right']) }]
    }),
  )
}

/** What a request came to: whether who asks may do it at all, and whether they may see what it is about. */
function outcomeOf({ status, json }: Reply): 'denied' | 'hidden' | 'allowed' {
  if (status === 403 && String(json['code']) === 'forbidden') return 'denied'
  return status === 404 ? 'hidden' : 'allowed'
}

interface Site {
  readonly client: Client
  /** Blocks of hosts in the departments physics and law. */
  readonly blocks: Readonly<Record<'physics' | 'law', string>>
  /** Requests to lift them. */
  readonly requests: Readonly<Record<'physics' | 'law', string>>
}

/** @param as whose the block in physics is, where that decides */
async function site(client: Client, as?: string): Promise<Site> {
  const of = async (target: string) => {
    const asked = { target, direction: 'to', reason: 'test', duration: '1h' }
    const mine = target === ADDRESSES.physics && as !== undefined
    return String((await client.block(asked, mine ? { as } : {})).json['id'])
  }
  const blocks = { physics: await of('10.10.1.7'), law: await of('10.10.2.7') }
  const file = async (block: string) => {
    const body = { block: Number(block), text: 'cleaned' }
    return String((await client.send('POST', '/v1/requests', { body })).json['id'])
  }
  return { client, blocks, requests: { physics: await file(blocks.physics), law: await file(blocks.law) } }
}

const ADDRESSES = { physics: '10.10.1.7', law: '10.10.2.7' }

async function ask(
  { client, blocks, requests }: Site,
  route: string,
  as: string,
  department: 'physics' | 'law',
) {
  const request = REQUESTS[route]
  assert.ok(request, `${route} has no request in this test`)
  const url = request.url
    .replace('ID', blocks[department])
    .replace('REQUEST', requests[department])
    .replace('ADDRESS', ADDRESSES[department])
  const body = bodyFor(request.body, blocks[department])
  const [method = ''] = route.split(' ')
  const headers = { ...HEADERS, ...request.headers, 'idempotency-key': `${route} ${as} ${department}` }
  if (route === 'GET /v1/events') return askStream(client, url, as)
  return outcomeOf(await client.send(method, url, { body, as, headers }))
}

function bodyFor(body: object | string | undefined, block: string): object | string | undefined {
  return typeof body === 'object' && 'block' in body ? { ...body, block: Number(block) } : body
}

/** A stream that is let in does not end by itself. */
async function askStream({ server }: Client, url: string, as: string): Promise<'denied' | 'allowed'> {
  const answer = await server.inject({ method: 'GET', url, headers: { authorization: `Bearer ${as}` } })
  return answer.statusCode === 403 ? 'denied' : 'allowed'
}

/** So high that only rights decide. */
const LIMITS = {
  wide: { ...DEFAULT_LIMITS.wide, ownHostsInADay: 1e9 },
  breaker: {
    ...{ perMinute: 1e9, perHour: 1e9, hosts: 1e9, departmentHosts: 1e9, departmentShare: 1 },
    ...{ allPerMinute: 1e9, allPerHour: 1e9, allHosts: 1e9 },
  },
}

test('every route says what right it needs, and every role is answered accordingly', async (t) => {
  const client = await startFace(t, { limits: LIMITS })
  const operations = operationsOf((await client.send('GET', '/openapi.json', { as: null })).json)
  assert.deepEqual(
    operations.map(({ route }) => route).filter((route) => REQUESTS[route] === undefined),
    [],
  )
  const rows: string[][] = []
  const roles = Object.keys(ROLE_SCOPES) as Role[]
  for (const { route, right } of operations) {
    const row = [`\`${route}\``, right === 'any' ? 'any' : `\`${right}\``]
    for (const role of roles) {
      const secret = await tokenFor(client, role)
      const here = await site(client, role === 'trigger' ? secret : undefined)
      const own = await ask(here, route, secret, 'physics')
      // Whoever lacks the right has it nowhere.
      const foreign = own === 'denied' ? own : await ask(await site(client), route, secret, 'law')
      row.push(cellOf(own, foreign))
      const may =
        right === 'any' || (ROLE_SCOPES[role] as readonly AccessScope[]).includes(right as AccessScope)
      const expected = may || (OF_THEMSELVES.includes(route) && !MACHINE_ROLES.includes(role))
      if (!(role === 'itss' && route === 'GET /v1/events'))
        assert.deepEqual([route, role, own !== 'denied'], [route, role, expected])
    }
    rows.push(row)
  }
  const table = [['route', 'right', ...roles], ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const documented = await readFile(new URL('../../docs/security.md', import.meta.url), 'utf8')
  const plain = documented.split('\n').map((line) => line.replaceAll(/ +\|/g, ' |').replaceAll(/\| +/g, '| '))
  for (const line of table) assert.ok(plain.includes(line), `docs/security.md lacks:\n${table.join('\n')}`)
})

async function tokenFor({ app }: Client, role: Role): Promise<string> {
  if (MACHINE_ROLES.includes(role)) return app.machine({ roles: [role] })
  return app.person(`a ${role}`, [role], role === 'itss' ? ['physics'] : undefined)
}

function cellOf(own: string, foreign: string): string {
  if (own === 'denied') return '-'
  if (own === foreign) return 'yes'
  return 'own'
}

test('a machine changes only the blocks that it made', async (t) => {
  const client = await startFace(t)
  const [one, other] = [await client.app.machine(), await client.app.machine()]
  const made = await client.block({ ...SCANNER, evidence: 'established' }, { as: one })
  const url = `/v1/blocks/${String(made.json['id'])}`
  const denied = await client.send('DELETE', url, { as: other })
  assert.deepEqual([denied.status, denied.json['code']], [403, 'forbidden'])
  const amended = await client.send('PATCH', url, { as: other, body: { reason: 'x' }, headers: HEADERS })
  assert.equal(amended.status, 403)
  assert.equal((await client.send('DELETE', url, { as: one })).status, 200)
})

test('an ITSS sees the blocks of their departments and of no other', async (t) => {
  const client = await startFace(t)
  const { blocks } = await site(client)
  await client.block({ ...SCANNER, target: '10.10.0.0/16', direction: 'to' })
  const itss = await client.app.person('Ines', ['itss'], ['physics'])
  const shown = await client.send('GET', '/v1/blocks', { as: itss })
  assert.deepEqual(
    list(shown.json['blocks']).map((one) => String(one['id'])),
    [blocks.physics],
  )
  const explained = await client.send('GET', '/v1/explain?target=10.10.1.7', { as: itss })
  assert.equal(list(explained.json['active']).length, 1)
  assert.match(String(explained.json['summary']), /1 more, wider than your departments/)
  const foreign = await client.send('GET', '/v1/explain?target=10.10.2.7', { as: itss })
  assert.deepEqual([foreign.status, foreign.json['code']], [403, 'forbidden'])
})

test('an ITSS who guesses identifiers learns nothing from the answers', async (t) => {
  const client = await startFace(t)
  const { blocks } = await site(client)
  const itss = await client.app.person('Ines', ['itss'], ['physics'])
  for (const path of ['', '/history', '/hits', '/plan']) {
    const there = await client.send('GET', `/v1/blocks/${blocks.law}${path}`, { as: itss })
    const nowhere = await client.send('GET', `/v1/blocks/999${path}`, { as: itss })
    assert.deepEqual([path, there.status], [path, 404])
    assert.equal(there.text.replaceAll(blocks.law, 'N'), nowhere.text.replaceAll('999', 'N'))
  }
})

test('the token of a person who lost the role is good for nothing that the role gave', async (t) => {
  const client = await startFace(t)
  const analyst = await client.app.person('Ann', ['analyst'])
  const who = await client.send('GET', '/v1/whoami', { as: analyst })
  const id = String(who.json['person']?.['id'])
  assert.equal((await client.block(SCANNER, { as: analyst })).status, 201)
  await client.send('PATCH', `/v1/people/${id}`, { body: { roles: ['viewer'] } })
  const denied = await client.block(SCANNER, { as: analyst })
  assert.deepEqual([denied.status, denied.json['code']], [403, 'forbidden'])
  assert.match(
    String(denied.json['detail']),
    /needs the right blocks:write, which the roles of Ann \(viewer\) do not give/,
  )
  assert.equal((await client.send('GET', '/v1/blocks', { as: analyst })).status, 200)
  await client.send('DELETE', `/v1/people/${id}`)
  assert.equal((await client.send('GET', '/v1/blocks', { as: analyst })).status, 401)
})

test('a trigger is held to its targets, its width and its time', async (t) => {
  const { app, block, send } = await startFace(t)
  const bounds = { targets: ['192.0.2.0/24'], ipv4Addresses: 1, duration: '1h' }
  const made = await send('POST', '/v1/tokens', {
    body: { name: 'bounded', roles: ['trigger'], origin: 'automatic', bounds, permanent: true },
  })
  assert.equal(made.status, 201, made.text)
  const as = String(made.json['secret'])
  const codes = async (target: string, duration: string) => {
    const answer = await block({ target, direction: 'to', reason: 'x', duration }, { as })
    return answer.status === 201
      ? 'taken'
      : list(answer.json['refusals'])
          .map((one) => String(one['code']))
          .join()
  }
  assert.equal(await codes('192.0.2.7', '1h'), 'taken')
  assert.equal(await codes('10.10.1.7', '1h'), 'bounds-target')
  assert.equal(await codes('192.0.2.8/31', '1h'), 'bounds-width')
  assert.equal(await codes('192.0.2.9', '61m'), 'bounds-duration')
  const longer = await send('PATCH', '/v1/blocks/1', { as, body: { duration: '2h' }, headers: HEADERS })
  assert.equal(longer.status, 422)
  assert.equal(app.ledger.head.blocks.size, 1)
})

test('a plan of what is not theirs tells a bound caller nothing but that', async (t) => {
  const c = await startFace(t)
  const eve = await c.app.person('Eve', ['analyst'], ['physics'])
  const machine = await c.app.machine({ departments: ['physics'] })
  const taken = await c.block({ ...SCANNER, target: '10.10.2.7' })
  assert.equal(taken.status, 201, taken.text)
  for (const as of [eve, machine])
    for (const target of ['10.10.2.7', '192.0.2.53', '10.10.9.1', 'department:law', 'department:nowhere']) {
      const body = { ...SCANNER, target }
      const plan = await c.send('POST', '/v1/blocks:dryRun', { as, body })
      const { refusals, rules, gaps, covers, radius } = plan.json
      const told = [list(refusals).map(({ code }) => String(code)), list(rules), list(gaps), list(covers)]
      assert.deepEqual(told, [['outside-departments'], [], [], []], plan.text)
      assert.deepEqual([list(radius?.['departments']), radius?.['sharedUsers']], [[], 0], plan.text)
      const made = await c.block(body, { as })
      assert.deepEqual(
        list(made.json['refusals']).map(({ code }) => String(code)),
        ['outside-departments'],
        made.text,
      )
    }
})

test('a bound caller sees the brakes of their departments and of no others', async (t) => {
  const c = await startFace(t, {
    limits: { breaker: { ...DEFAULT_LIMITS.breaker, perMinute: 100, departmentHosts: 1 } },
  })
  const [machine, other] = [await c.app.machine(), await c.app.machine()]
  const eve = await c.app.person('Eve', ['itss'], ['physics'])
  const flood = { reason: 'flood', duration: '1h', direction: 'to' }
  for (const target of ['10.10.1.7', '10.10.2.7', '10.10.2.8', '10.10.1.8'])
    await c.block({ ...flood, target }, { as: machine })
  await c.send('POST', `/v1/tokens/${other.split('_')[1]}:mute`, {
    body: { reason: 'who knows what of law' },
  })
  const all = await c.send('GET', '/v1/automation')
  assert.deepEqual(
    [list(all.json['breakers']).length, list(all.json['muted']).length, all.json['blocks']],
    [2, 1, 2],
  )
  const { breakers, muted, blocks } = (await c.send('GET', '/v1/automation', { as: eve })).json
  assert.deepEqual(
    list(breakers).map(({ breaker }) => String(breaker)),
    ['department:physics'],
  )
  assert.deepEqual([list(muted), blocks], [[], 1])
})
