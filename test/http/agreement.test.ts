import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { type Client, list, type Reply, SCANNER, startFace } from './face.ts'

const WIDE = { target: 'department:physics', reason: 'worm', duration: '1h' }

interface Cast extends Client {
  /** Secrets of an analyst and of two approvers. */
  readonly ann: string
  readonly bob: string
  readonly cleo: string
}

async function cast(t: TestContext): Promise<Cast> {
  const client = await startFace(t)
  const { app } = client
  return {
    ...client,
    ann: await app.person('Ann', ['analyst']),
    bob: await app.person('Bob', ['approver']),
    cleo: await app.person('Cleo', ['approver', 'analyst']),
  }
}

const codeOf = ({ status, json }: Reply): [number, string] => [status, String(json['code'])]

async function digestOf({ send }: Client, id: string): Promise<string> {
  return String((await send('GET', `/v1/blocks/${id}/plan`)).json['digest'])
}

async function propose(c: Cast, body: object = WIDE, as = c.ann): Promise<string> {
  const asked = await c.block(body, { as })
  assert.deepEqual([asked.status, String(asked.json['wanted'])], [201, 'proposed'], asked.text)
  return String(asked.json['id'])
}

function approve({ send }: Client, id: string, as: string, digest: string, more: object = {}) {
  return send('POST', `/v1/blocks/${id}:approve`, {
    as,
    body: { digest, ...more },
    headers: { prefer: 'wait=5' },
  })
}

/** The first of two to agree: nothing begins yet, for which to wait. */
function approveFirst({ send }: Client, id: string, as: string, digest: string) {
  return send('POST', `/v1/blocks/${id}:approve`, { as, body: { digest } })
}

const rulesOn = ({ app }: Client, device = 'edge-1') => app.devices.get(device)?.rules.size ?? 0

test('a wide block begins when a second person agrees, and lasts from then on', async (t) => {
  const c = await cast(t)
  const id = await propose(c)
  assert.equal(rulesOn(c), 0, 'nothing is enforced before')
  const shown = await c.send('GET', `/v1/blocks/${id}`)
  assert.deepEqual(list(shown.json['proposal']?.['agreed']), ['Ann'])
  assert.deepEqual(list(shown.json['covers']), ['10.10.1.0/24'])
  c.app.skip(30 * 60_000)
  const begun = await approve(c, id, c.bob, await digestOf(c, id))
  assert.deepEqual([begun.status, String(begun.json['standing'])], [200, 'in-force'], begun.text)
  assert.deepEqual(list(begun.json['agreed']), ['Ann', 'Bob'])
  const left = Date.parse(String(begun.json['until'])) - c.app.clock.now()
  assert.ok(left > 59 * 60_000, `it lasts ${left} ms more`)
  assert.ok(rulesOn(c) > 0)
})

test('attempt: approving one’s own, with whatever token', async (t) => {
  const c = await cast(t)
  const id = await propose(c, WIDE, c.cleo)
  const digest = await digestOf(c, id)
  assert.deepEqual(codeOf(await approve(c, id, c.cleo, digest)), [403, 'same-person'])
  const second = await c.send('POST', '/v1/tokens', {
    as: c.cleo,
    body: { name: 'another of Cleo', roles: ['approver'], origin: 'person', duration: '1h' },
  })
  assert.equal(second.status, 201, second.text)
  assert.deepEqual(codeOf(await approve(c, id, String(second.json['secret']), digest)), [403, 'same-person'])
  assert.equal(rulesOn(c), 0)
})

test('attempt: approving by a person whom the first one made', async (t) => {
  const c = await cast(t)
  const id = await propose(c, WIDE, await c.app.root())
  assert.deepEqual(codeOf(await approve(c, id, c.bob, await digestOf(c, id))), [403, 'same-person'])
})

test('attempt: a machine agrees, or asks and counts as a person', async (t) => {
  const c = await cast(t)
  const machine = await c.app.token(['blocks:approve', 'blocks:write', 'blocks:read'], 'automatic')
  const id = await propose(c)
  assert.deepEqual(codeOf(await approve(c, id, machine, await digestOf(c, id))), [403, 'forbidden'])
  const wide = { target: '10.10.3.0/26', direction: 'to', reason: 'flood', duration: '1h' }
  const asked = await propose(c, wide, machine)
  const first = await approveFirst(c, asked, c.bob, await digestOf(c, asked))
  assert.equal(String(first.json['standing']), 'proposed', 'one person is not two')
  assert.deepEqual(codeOf(await approve(c, asked, c.bob, await digestOf(c, asked))), [403, 'same-person'])
  const begun = await approve(c, asked, c.cleo, await digestOf(c, asked))
  assert.equal(String(begun.json['wanted']), 'on')
})

test('attempt: approving a changed plan', async (t) => {
  const c = await cast(t)
  const id = await propose(c)
  const digest = await digestOf(c, id)
  const guess = await approve(c, id, c.bob, 'A'.repeat(43))
  assert.deepEqual(codeOf(guess), [409, 'plan-changed'])
  const physics = c.app.inventory.departments.get('physics')
  assert.ok(physics)
  const wider = [...physics.prefixes, parsePrefix('10.10.7.0/24')]
  ;(c.app.inventory.departments as Map<string, object>).set('physics', { ...physics, prefixes: wider })
  const changed = await approve(c, id, c.bob, digest)
  assert.deepEqual(codeOf(changed), [409, 'plan-changed'])
  assert.deepEqual(
    list(changed.json['plan']?.['covers']),
    ['10.10.1.0/24', '10.10.7.0/24'],
    'the new plan is in the answer',
  )
  const fresh = String(changed.json['plan']?.['digest'])
  assert.deepEqual(codeOf(await approve(c, id, c.bob, fresh)), [409, 'plan-changed'], 'nobody proposed that')
  const again = await c.send('POST', `/v1/blocks/${id}:propose`, { as: c.cleo, body: { digest: fresh } })
  assert.equal(again.status, 200, again.text)
  assert.deepEqual(codeOf(await approve(c, id, c.cleo, fresh)), [403, 'same-person'])
  assert.equal((await approve(c, id, c.bob, fresh)).status, 200)
})

test('attempt: replaying an approval', async (t) => {
  const c = await cast(t)
  const id = await propose(c)
  const digest = await digestOf(c, id)
  assert.equal((await approve(c, id, c.bob, digest)).status, 200)
  assert.deepEqual(codeOf(await approve(c, id, c.bob, digest)), [409, 'not-proposed'])
  await c.send('DELETE', `/v1/blocks/${id}`)
  assert.deepEqual(codeOf(await approve(c, id, c.bob, digest)), [409, 'not-proposed'])
})

test('attempt: a stale ETag, on what awaits agreement and on what was agreed', async (t) => {
  const c = await cast(t)
  const id = await propose(c)
  const amend = (body: object, version: number) =>
    c.send('PATCH', `/v1/blocks/${id}`, { as: c.ann, body, headers: { 'if-match': `"${version}"` } })
  assert.deepEqual(codeOf(await amend({ reason: 'y' }, 1)), [409, 'not-begun'])
  await approve(c, id, c.bob, await digestOf(c, id))
  assert.deepEqual(codeOf(await amend({ reason: 'y' }, 1)), [412, 'version-mismatch'])
  assert.equal((await amend({ reason: 'y' }, 2)).status, 200)
  assert.deepEqual(codeOf(await amend({ duration: '5h' }, 3)), [422, 'agreement-needed'])
  assert.equal((await amend({ duration: '10m' }, 3)).status, 200, 'shorter needs nobody')
})

test('attempt: protected under force, in each direction and in every form', async (t) => {
  const c = await cast(t)
  for (const [target, direction] of [
    ['192.0.2.53', 'to'],
    ['192.0.2.53', 'from'],
    ['192.0.2.53', 'both'],
    ['10.10.0.17', 'from'],
    ['10.10.0.17', 'both'],
    ['192.0.2.48/28', 'to'],
    ['10.10.0.0/16', 'from'],
  ]) {
    const asked = await c.block({ ...WIDE, target, direction, breakGlass: true }, { as: c.ann })
    assert.deepEqual([target, direction, asked.status], [target, direction, 422])
    assert.ok(list(asked.json['refusals']).some((one) => String(one['code']) === 'protected'))
  }
  assert.equal(rulesOn(c), 0)
})

test('attempt: wide by many small ones within a day', async (t) => {
  const c = await cast(t)
  const small = (index: number) => c.block({ ...WIDE, target: `10.10.${20 + index}.0/28` }, { as: c.ann })
  for (let index = 0; index < 16; index += 1) assert.equal((await small(index)).json['wanted'], 'on')
  const over = await small(16)
  assert.equal(over.json['wanted'], 'proposed')
  assert.match(
    String(list(over.json['proposal']?.['asks'])[0]),
    /one person would have blocked 272 hosts of own space within a day/,
  )
  const outside = await c.block(SCANNER, { as: c.ann })
  assert.equal(outside.json['wanted'], 'on', 'hosts of others are not counted')
  assert.equal((await c.block({ ...WIDE, target: '10.10.60.0/28' }, { as: c.cleo })).json['wanted'], 'on')
  c.app.skip(25 * 3_600_000)
  assert.equal((await small(17)).json['wanted'], 'on', 'a day later')
})

test('attempt: an expired break-glass', async (t) => {
  const c = await cast(t)
  const asked = await c.block({ ...WIDE, breakGlass: true }, { as: c.ann, headers: { prefer: 'wait=5' } })
  const id = String(asked.json['id'])
  assert.deepEqual([String(asked.json['standing']), asked.json['emergency']], ['in-force', true])
  const left = Date.parse(String(asked.json['until'])) - c.app.clock.now()
  assert.ok(left <= 30 * 60_000 && left > 29 * 60_000)
  const digest = await digestOf(c, id)
  c.app.skip(31 * 60_000)
  assert.deepEqual(codeOf(await approve(c, id, c.bob, digest)), [409, 'not-proposed'])
  assert.deepEqual(
    codeOf(
      await c.send('PATCH', `/v1/blocks/${id}`, {
        as: c.ann,
        body: { duration: '5h' },
        headers: { 'if-match': '"1"' },
      }),
    ),
    [409, 'block-ended'],
  )
})

test('attempt: breaking the glass again and again instead of asking', async (t) => {
  const c = await cast(t)
  const again = () => c.block({ ...WIDE, breakGlass: true }, { as: c.ann })
  for (let time = 1; time <= 3; time += 1) assert.equal((await again()).json['emergency'], true)
  const refused = await again()
  assert.equal(String(list(refused.json['refusals'])[0]?.['code']), 'too-many-emergencies')
  assert.equal((await c.block({ ...WIDE, breakGlass: true }, { as: c.cleo })).json['emergency'], true)
  c.app.skip(25 * 3_600_000)
  assert.equal((await again()).json['emergency'], true, 'a day later')
})

test('break-glass becomes what was asked for when a second person agrees', async (t) => {
  const c = await cast(t)
  const asked = await c.block({ ...WIDE, duration: '5h', breakGlass: true }, { as: c.ann })
  const id = String(asked.json['id'])
  assert.deepEqual(codeOf(await approve(c, id, await c.app.person('Vera', ['viewer']), 'x')), [
    403,
    'forbidden',
  ])
  const agreed = await approve(c, id, c.bob, await digestOf(c, id))
  const left = Date.parse(String(agreed.json['until'])) - c.app.clock.now()
  assert.ok(left > 4.9 * 3_600_000)
  assert.equal(agreed.json['emergency'], undefined)
})

test('break-glass needs its right, and a machine never has it', async (t) => {
  const c = await cast(t)
  const machine = await c.app.machine()
  const wide = { target: '10.10.3.0/26', direction: 'to', reason: 'x', duration: '1h', breakGlass: true }
  assert.equal(String((await c.block(wide, { as: machine })).json['wanted']), 'proposed')
  const poor = await c.app.token(['blocks:write', 'blocks:read'])
  assert.deepEqual(codeOf(await c.block(wide, { as: poor })), [403, 'forbidden'])
})

test('a proposal lapses, is declined or withdrawn, and is final then', async (t) => {
  const c = await cast(t)
  const [lapsing, declined, withdrawn] = [await propose(c), await propose(c), await propose(c)]
  const no = await c.send('POST', `/v1/blocks/${declined}:decline`, { as: c.bob, body: { why: 'too wide' } })
  assert.equal(String(no.json['ending']), 'declined', no.text)
  assert.equal(
    String((await c.send('DELETE', `/v1/blocks/${withdrawn}`, { as: c.ann })).json['ending']),
    'withdrawn',
  )
  const digest = await digestOf(c, lapsing)
  c.app.skip(25 * 3_600_000)
  assert.deepEqual(codeOf(await approve(c, lapsing, c.bob, digest)), [409, 'not-proposed'])
  assert.equal(rulesOn(c), 0)
})

test('a trigger withdraws its own proposal', async (t) => {
  const c = await cast(t)
  const machine = await c.app.machine()
  const id = await propose(
    c,
    { target: '10.10.3.0/26', direction: 'to', reason: 'flood', duration: '1h' },
    machine,
  )
  const closed = await c.send('DELETE', `/v1/blocks/${id}`, { as: machine })
  assert.equal(String(closed.json['ending']), 'withdrawn')
})

test('attempt: asking as somebody whom one made, and agreeing oneself', async (t) => {
  const c = await cast(t)
  const id = await propose(c)
  assert.deepEqual(codeOf(await approve(c, id, await c.app.root(), await digestOf(c, id))), [
    403,
    'same-person',
  ])
  const machine = await c.app.machine()
  const wide = { target: '10.10.3.0/26', direction: 'to', reason: 'flood', duration: '1h' }
  const asked = await propose(c, wide, machine)
  assert.equal((await approveFirst(c, asked, c.bob, await digestOf(c, asked))).status, 200)
  const made = await approve(c, asked, await c.app.root(), await digestOf(c, asked))
  assert.deepEqual(codeOf(made), [403, 'same-person'], 'root made Bob, who agreed first')
})

test('a participant who must agree by now is asked for, whatever was so when it was proposed', async (t) => {
  const c = await cast(t)
  const prefix = parsePrefix('10.10.6.0/24')
  const connection = { name: 'site-a', prefixes: [prefix], attachments: [] }
  c.app.change((lists) => ({ ...lists, connections: [connection] }))
  assert.equal((await c.send('POST', '/v1/inventory:reload')).status, 200)
  const id = await propose(c, { ...WIDE, target: 'connection:site-a' })
  c.app.change((lists) => ({ ...lists, connections: [{ ...connection, agreement: true }] }))
  assert.equal((await c.send('POST', '/v1/inventory:reload')).status, 200)
  const digest = await digestOf(c, id)
  assert.deepEqual(codeOf(await approve(c, id, c.bob, digest)), [422, 'agreement-needed'])
  assert.equal(
    (await approve(c, id, c.bob, digest, { participant: 'NOC of A, 12:10, by phone' })).status,
    200,
  )
})
