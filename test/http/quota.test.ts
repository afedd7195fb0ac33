import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/guards/limits.ts'
import { type Client, type Json, list, type Reply, SCANNER, startFace } from './face.ts'

const DAY = 24 * 3_600_000
const OWN = { direction: 'to', reason: 'test', duration: '1h' }

function rolesOf(roles: Partial<Limits['roles']>): Partial<Limits> {
  return { roles: { ...DEFAULT_LIMITS.roles, ...roles } }
}

function refusedBy({ status, json }: Reply): string[] {
  assert.equal(status, 422, JSON.stringify(json))
  return list(json['refusals']).map((one) => `${one['guard']} ${one['code']}`)
}

function names(json: Json): string[] {
  return (json['near'] === undefined ? [] : list(json['near'])).map(({ name, department, used, most }) =>
    [name, ...(department === undefined ? [] : [department]), `${used}/${most}`].join(' '),
  )
}

async function quotaOf({ send }: Client, as: string, query = ''): Promise<Json> {
  const { status, json, text } = await send('GET', `/v1/quota${query}`, { as })
  assert.equal(status, 200, text)
  return json
}

function quotaNamed(json: Json, name: string): Json | undefined {
  return list(json['quotas']).find((one) => String(one['name']) === name)
}

test('a width beyond the role needs a second person, and refuses a machine', async (t) => {
  const limits = rolesOf({ analyst: { ipv4Addresses: 2 }, trigger: { ipv4Addresses: 2 } })
  const client = await startFace(t, { limits })
  const analyst = await client.app.person('Ann', ['analyst'])
  const machine = await client.app.machine()
  const wide = { ...OWN, target: '10.10.3.0/30' }
  const plan = await client.send('POST', '/v1/blocks:dryRun', { body: wide, as: analyst })
  assert.deepEqual(
    [plan.json['taken'], list(plan.json['asks']).map(({ code }) => String(code))],
    [true, ['role-width']],
  )
  const proposed = await client.block(wide, { as: analyst })
  assert.deepEqual([proposed.status, proposed.json['standing']], [201, 'proposed'])
  const approver = await client.app.person('Bob', ['approver'])
  const { digest } = proposed.json['proposal'] as Json
  const agreed = await client.send('POST', `/v1/blocks/${String(proposed.json['id'])}:approve`, {
    as: approver,
    body: { digest },
  })
  assert.deepEqual([agreed.status, agreed.json['wanted']], [200, 'on'], agreed.text)
  const refused = await client.block(wide, { as: machine })
  assert.deepEqual(refusedBy(refused), ['limits role-width'])
  assert.match(String(refused.json['detail']), /4 IPv4 addresses; the role trigger blocks up to 2 alone/)
  assert.equal((await client.block({ ...wide, target: '10.10.3.0/31' }, { as: machine })).status, 201)
})

test('a share of a department beyond the role needs a second person, and refuses a machine', async (t) => {
  const limits = {
    ...rolesOf({ analyst: { departmentShare: 0.06 }, trigger: { departmentShare: 0.04 } }),
    breaker: { ...DEFAULT_LIMITS.breaker, departmentShare: 1 },
  }
  const client = await startFace(t, { limits })
  const analyst = await client.app.person('Ann', ['analyst'])
  // Of the 50 users of law.
  const law = (host: number) => ({ ...OWN, target: `10.10.2.${host}` })
  const standing = async (host: number) => (await client.block(law(host), { as: analyst })).json['standing']
  assert.notEqual(await standing(1), 'proposed')
  assert.notEqual(await standing(2), 'proposed')
  assert.notEqual(await standing(2), 'proposed', 'a second reason for a host takes off no second host')
  const near = await client.block(law(3), { as: analyst })
  assert.deepEqual(names(near.json), ['department-share law 3/3'])
  const fourth = await client.block(law(4), { as: analyst })
  assert.deepEqual(list((fourth.json['proposal'] as Json)['asks']).map(String), [
    '4 hosts of department law would be off; the role analyst takes up to 3 of its 50 users off alone',
  ])
  const machine = await client.app.machine()
  for (const host of [11, 12]) assert.equal((await client.block(law(host), { as: machine })).status, 201)
  assert.deepEqual(refusedBy(await client.block(law(13), { as: machine })), ['limits role-share'])
  await client.send('DELETE', '/v1/blocks/1')
  assert.notEqual(await standing(5), 'proposed', 'what has ended is free again')
})

test('what one batch adds counts within it, and what others agreed to does not', async (t) => {
  const client = await startFace(t, { limits: rolesOf({ analyst: { departmentShare: 0.04 } }) })
  const analyst = await client.app.person('Ann', ['analyst'])
  const blocks = [1, 2, 3, 4].map((host) => ({ ...OWN, target: `10.10.2.${host}` }))
  const batch = await client.send('POST', '/v1/blocks:batch', {
    ...{ body: { blocks }, as: analyst },
    headers: { 'idempotency-key': 'b' },
  })
  const items = list(batch.json['items'])
  assert.deepEqual(
    items.map(({ wanted }) => String(wanted)),
    ['on', 'on', 'proposed', 'proposed'],
  )
  assert.deepEqual(names(batch.json), ['department-share law 2/2'])
  const approver = await client.app.person('Bob', ['approver'])
  const plan = await client.send('GET', '/v1/blocks/3/plan', { as: approver })
  const body = { digest: plan.json['digest'] }
  assert.equal((await client.send('POST', '/v1/blocks/3:approve', { as: approver, body })).status, 200)
  assert.equal(quotaNamed(await quotaOf(client, analyst), 'department-share')?.['used'], 2)
})

test('a lifetime beyond the role is refused, also when a block is amended', async (t) => {
  const client = await startFace(t, {
    limits: rolesOf({ analyst: { duration: DAY }, trigger: { duration: DAY } }),
  })
  const { block, send } = client
  const analyst = await client.app.person('Ann', ['analyst'])
  const { duration: _, ...scanner } = SCANNER
  assert.deepEqual(refusedBy(await block({ ...scanner, duration: '25h' }, { as: analyst })), [
    'limits role-duration',
  ])
  assert.deepEqual(refusedBy(await block({ ...scanner, permanent: true }, { as: analyst })), [
    'limits role-duration',
  ])
  const made = await block({ ...scanner, duration: '24h' }, { as: analyst })
  assert.equal(made.status, 201, made.text)
  const headers = { 'if-match': '"1"' }
  const longer = await send('PATCH', '/v1/blocks/1', { as: analyst, body: { duration: '25h' }, headers })
  assert.deepEqual(refusedBy(longer), ['limits role-duration'])
  const forever = await send('PATCH', '/v1/blocks/1', { as: analyst, body: { permanent: true }, headers })
  assert.deepEqual(refusedBy(forever), ['limits role-duration'])
  assert.match(String(forever.json['detail']), /no end; blocks of the role analyst last 1d at the most/)
  assert.equal(
    (await send('PATCH', '/v1/blocks/1', { as: analyst, body: { duration: '2h' }, headers })).status,
    200,
  )
})

test('a total counts all tokens of a person together, and whoever agrees does not lift it', async (t) => {
  const client = await startFace(t, { limits: rolesOf({ analyst: { active: 2, ipv4Addresses: 1 } }) })
  const analyst = await client.app.person('Ann', ['analyst'])
  const another = await client.send('POST', '/v1/tokens', {
    ...{ as: analyst, body: { name: 'laptop', roles: ['analyst'], origin: 'person', duration: '1h' } },
  })
  const second = String(another.json['secret'])
  const outside = (host: number) => ({ ...SCANNER, target: `203.0.113.${host}` })
  const proposed = await client.block({ ...SCANNER, target: '203.0.113.8/31' }, { as: analyst })
  assert.equal(proposed.json['standing'], 'proposed')
  assert.equal((await client.block(outside(1), { as: analyst })).status, 201)
  const near = await client.block(outside(2), { as: second })
  assert.deepEqual(names(near.json), ['active 2/2'])
  const third = await client.block(outside(3), { as: second })
  assert.deepEqual(refusedBy(third), ['limits role-active'])
  assert.match(String(third.json['detail']), /2 blocks of yours are on, with all of your tokens/)
  const approver = await client.app.person('Bob', ['approver'])
  const { digest } = proposed.json['proposal'] as Json
  const agreed = await client.send('POST', '/v1/blocks/1:approve', { as: approver, body: { digest } })
  assert.deepEqual(refusedBy(agreed), ['limits role-active'])
  assert.equal(
    (await client.block(outside(3), { as: await client.app.root() })).status,
    201,
    'others are not stopped',
  )
})

test('who has several roles gets the most generous of those that block', async (t) => {
  const limits = rolesOf({ analyst: { ipv4Addresses: 4, active: 1 }, trigger: { ipv4Addresses: 1 } })
  const client = await startFace(t, { limits })
  const made = await client.send('POST', '/v1/tokens', {
    body: { name: 'both', roles: ['trigger', 'analyst', 'viewer'], origin: 'automatic', duration: '1h' },
  })
  const both = String(made.json['secret'])
  const shown = await quotaOf(client, both)
  assert.deepEqual(shown['roles'], ['analyst', 'trigger'])
  assert.deepEqual(shown['most'], { ipv4Addresses: 4 })
  assert.equal((await client.block({ ...OWN, target: '10.10.3.0/30' }, { as: both })).status, 201)
})

test('a person sees what is used, of what, and when it is free again', async (t) => {
  const client = await startFace(t)
  const analyst = await client.app.person('Ann', ['analyst'])
  await client.block({ ...OWN, target: '10.10.2.1' }, { as: analyst })
  await client.block({ ...OWN, target: '10.10.3.0/27' }, { as: analyst })
  await client.block({ ...OWN, target: '10.10.4.0/27', breakGlass: true }, { as: analyst })
  const shown = await quotaOf(client, analyst)
  const used = Object.fromEntries(
    list(shown['quotas']).map(({ name, used: count, most }) => [String(name), [Number(count), Number(most)]]),
  )
  assert.deepEqual(used, {
    active: [2, 10_000],
    proposals: [1, 100],
    'own-hosts-day': [33, 256],
    emergencies: [1, 3],
    'department-share': [1, 12],
  })
  assert.equal(quotaNamed(shown, 'department-share')?.['department'], 'law')
  const free = (name: string) =>
    Date.parse(String(quotaNamed(shown, name)?.['freesAt'])) - client.app.clock.now()
  assert.ok(
    free('own-hosts-day') > DAY - 3_700_000 && free('own-hosts-day') <= DAY,
    'an hour of the day after',
  )
  assert.ok(Math.abs(free('emergencies') - DAY) < 60_000)
  assert.ok(Math.abs(free('proposals') - DAY) < 60_000)
  for (const one of list(shown['quotas'])) assert.ok(String(one['counts']).length > 10)
  client.app.skip(DAY + 3_600_000)
  const later = await quotaOf(client, analyst)
  assert.deepEqual(
    ['own-hosts-day', 'emergencies'].map((name) => quotaNamed(later, name)?.['used']),
    [0, 0],
  )
  assert.equal(quotaNamed(later, 'emergencies')?.['freesAt'], undefined)
})

test('a machine sees the breakers before they trip', async (t) => {
  const client = await startFace(t)
  const machine = await client.app.machine()
  const law = (host: number) => ({ ...OWN, target: `10.10.2.${host}` })
  for (const host of [1, 2, 3]) {
    const made = await client.block(law(host), { as: machine })
    assert.deepEqual(names(made.json), [])
  }
  const dry = await client.send('POST', '/v1/blocks:dryRun', { body: law(4), as: machine })
  assert.deepEqual(names(dry.json), ['department-automatic law 4/5'])
  assert.deepEqual(names((await client.block(law(4), { as: machine })).json), [
    'department-automatic law 4/5',
  ])
  const shown = await quotaOf(client, machine)
  const minute = quotaNamed(shown, 'attempts-minute')
  assert.deepEqual([minute?.['used'], minute?.['most']], [4, 10])
  const frees = Date.parse(String(minute?.['freesAt'])) - client.app.clock.now()
  assert.ok(frees > 0 && frees <= 60_000)
  assert.deepEqual(
    ['attempts-hour', 'source-blocks', 'all-attempts-minute', 'all-attempts-hour', 'all-blocks'].map(
      (name) => [quotaNamed(shown, name)?.['used'], quotaNamed(shown, name)?.['most']],
    ),
    [
      [4, 100],
      [4, 25],
      [4, 30],
      [4, 300],
      [4, 100],
    ],
  )
  await client.block(law(5), { as: machine })
  const tripped = await client.block(law(6), { as: machine })
  assert.deepEqual(refusedBy(tripped), ['breaker breaker-open'])
})

test("another's quota is for whoever decides about people or reads the audit", async (t) => {
  const client = await startFace(t)
  const [ann, viewer] = [
    await client.app.person('Ann', ['analyst']),
    await client.app.person('Vic', ['viewer']),
  ]
  const admin = await client.app.person('Ada', ['admin'])
  const machine = await client.app.machine()
  await client.block({ ...OWN, target: '10.10.2.1' }, { as: ann })
  const who = await quotaOf(client, ann)
  const [person, token] = [String((who['person'] as Json)['id']), String((who['token'] as Json)['id'])]
  for (const query of [`?person=${person}`, `?token=${token}`]) {
    assert.equal(quotaNamed(await quotaOf(client, admin, query), 'active')?.['used'], 1, query)
    assert.equal(quotaNamed(await quotaOf(client, ann, query), 'active')?.['used'], 1, query)
    for (const as of [viewer, machine]) {
      const denied = await client.send('GET', `/v1/quota${query}`, { as })
      assert.deepEqual([denied.status, denied.json['code']], [403, 'forbidden'])
    }
  }
  const status = async (query: string, as: string) =>
    (await client.send('GET', `/v1/quota${query}`, { as })).status
  assert.deepEqual(
    [
      await status('?person=nobody', admin),
      await status('?token=nobody', admin),
      await status('?person=nobody', ann),
    ],
    [404, 404, 403],
  )
  assert.deepEqual(
    [await status(`?person=${person}&token=${token}`, admin), await status('?who=x', ann)],
    [400, 400],
  )
  const none = await quotaOf(client, viewer)
  assert.deepEqual([none['mayBlock'], none['roles'], none['quotas']], [false, [], []])
  await client.send('DELETE', `/v1/people/${person}`)
  assert.equal((await quotaOf(client, admin, `?person=${person}`))['mayBlock'], false)
})

test('departments that another inventory makes are counted at once', async (t) => {
  const client = await startFace(t, { limits: rolesOf({ analyst: { departmentShare: 0.04 } }) })
  const analyst = await client.app.person('Ann', ['analyst'])
  for (const host of [1, 2]) await client.block({ ...OWN, target: `10.10.3.${host}` }, { as: analyst })
  assert.equal(quotaNamed(await quotaOf(client, analyst), 'department-share'), undefined)
  client.app.change((lists) => {
    const [physics, law] = lists.departments
    assert.ok(physics !== undefined && law !== undefined)
    return {
      ...lists,
      departments: [physics, { ...law, prefixes: [...law.prefixes, parsePrefix('10.10.3.0/24')] }],
    }
  })
  assert.equal((await client.send('POST', '/v1/inventory:reload')).status, 200)
  const share = quotaNamed(await quotaOf(client, analyst), 'department-share')
  assert.deepEqual([share?.['department'], share?.['used'], share?.['most']], ['law', 2, 2])
  const third = await client.block({ ...OWN, target: '10.10.3.3' }, { as: analyst })
  assert.equal(third.json['standing'], 'proposed')
})
