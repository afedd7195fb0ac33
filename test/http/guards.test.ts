import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { Consent } from '../../src/inventory/inventory.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { type Client, list, type Reply, SCANNER, startFace } from './face.ts'

const codes = (answer: Reply): string[] =>
  list(answer.json['refusals']).map((refusal) => String(refusal['code']))

async function assertRefused(client: Client, body: object, code: string): Promise<Reply> {
  const answer = await client.block(body)
  const what = JSON.stringify(body)
  assert.deepEqual([what, answer.status, answer.json['code']], [what, 422, 'guard-refused'])
  assert.ok(codes(answer).includes(code), `${what}: ${codes(answer).join(', ')}`)
  return answer
}

test('guards refuse with their code and in words', async (t) => {
  const client = await startFace(t)
  const on = (target: string, more: object = {}) => ({ ...SCANNER, target, ...more })
  const refused = await assertRefused(client, on('192.0.2.53'), 'protected')
  assert.match(String(refused.json['detail']), /resolver/)
  await assertRefused(client, on('10.10.0.17', { direction: 'from' }), 'protected')
  await assertRefused(client, on('department:alchemy'), 'target-unknown')
  await assertRefused(client, on('203.0.113.9', { scope: 'upstream:isp' }), 'scope-own-space-only')
  await assertRefused(client, on('127.0.0.1'), 'space-not-blockable')
  await assertRefused(client, on('224.0.0.1'), 'space-not-blockable')
  await assertRefused(client, on('203.0.113.9', { evidence: 'spoofable' }), 'evidence-spoofable')
  assert.equal((await client.block(on('10.10.0.17', { direction: 'to' }))).status, 201)
})

test('a blackhole at an upstream has the consent of its prefix, the narrowest and most careful', async (t) => {
  const client = await startFace(t, { as: 'd-rtbh' })
  const says = (prefix: string, upstream: Consent) => ({ prefix: parsePrefix(prefix), upstream })
  client.app.change((lists) => ({
    ...lists,
    consent: [says('10.10.5.0/24', 'auto'), says('10.10.5.128/25', 'never'), says('10.10.6.0/24', 'ask')],
  }))
  assert.equal((await client.send('POST', '/v1/inventory:reload')).status, 200)
  const machine = await client.app.token(['blocks:write', 'blocks:read'], 'automatic')
  const upstream = (target: string) => ({
    ...{ ...SCANNER, target, direction: 'to', scope: 'upstream:isp' },
    ...{ collateral: ['both-directions'], evidence: 'established' },
  })
  const refusal = async (target: string, as?: string): Promise<string | undefined> => {
    const answer = await client.block(upstream(target), as === undefined ? {} : { as })
    if (answer.status === 201) return undefined
    const [one, ...more] = list(answer.json['refusals'])
    assert.deepEqual([answer.status, one?.['guard'], more], [422, 'consent', []], answer.text)
    return String(one?.['code'])
  }
  assert.equal(await refusal('10.10.5.1', machine), undefined)
  for (const as of [undefined, machine]) assert.equal(await refusal('10.10.5.129', as), 'consent-never')
  for (const target of ['10.10.6.1', '10.10.7.1']) {
    assert.equal(await refusal(target, machine), 'consent-ask', 'what nobody has said anything about, too')
    assert.equal(await refusal(target), undefined)
  }
})

test('a policy may ask a person for a blackhole at an upstream where machines may not do it', async (t) => {
  const { policy } = compilePolicy({
    ...{ policy: 'full-line', about: 'a test', priority: 1, mode: 'enforce', examples: [] },
    rules: [
      {
        ...{ rule: 'all', verdict: 'ask', why: 'the line is full' },
        block: { direction: 'to', scope: 'upstream:isp', lasts: '30m', collateral: ['both-directions'] },
      },
    ],
  })
  const client = await startFace(t, { as: 'd-rtbh', policies: [policy] })
  const trigger = {
    ...{
      id: 'a',
      revision: 1,
      kind: 'open',
      role: 'victim',
      category: 'dos.volumetric',
      target: '10.10.6.1',
    },
    detectedAt: new Date(client.app.clock.now()).toISOString(),
  }
  const as = await client.app.machine()
  const { json } = await client.send('POST', '/v1/triggers', { body: { triggers: [trigger] }, as })
  const [item] = list(json['items'])
  assert.equal(item?.['deed'], 'proposed', JSON.stringify(item))
  const url = `/v1/blocks/${String(item?.['block']?.['id'])}`
  const { json: block } = await client.send('GET', url)
  const digest = block['proposal']?.['digest']
  const { json: agreed } = await client.send('POST', `${url}:approve`, {
    body: { digest },
    as: await client.app.person('Ann', ['approver']),
  })
  assert.equal(agreed['wanted'], 'on', JSON.stringify(agreed))
})

test('a region is the scope of a blackhole, and of own space alone', async (t) => {
  const client = await startFace(t, { as: 'd-rtbh' })
  const regional = { ...SCANNER, direction: 'to', scope: 'region:north', collateral: ['both-directions'] }
  const made = await client.block({ ...regional, target: '10.10.5.1' })
  assert.deepEqual([made.status, made.json['scope']], [201, 'region:north'], made.text)
  const shown = await client.send('GET', `/v1/blocks/${String(made.json['id'])}`)
  const rules = list(shown.json['holdings']).map(({ rule }) => rule)
  assert.deepEqual(new Set(rules), new Set(['d-rtbh region:north 10.10.5.1/32']))
  await assertRefused(client, { ...regional, target: '203.0.113.9' }, 'scope-own-space-only')
})

// What other controllers were seen to take.

test('peer trap: the owner of a /16 does not get the /15 above it', async (t) => {
  await assertRefused(await startFace(t), { ...SCANNER, target: '10.10.0.0/15' }, 'space-straddles-own')
})

test('peer trap: nobody blocks the whole world', async (t) => {
  const client = await startFace(t)
  for (const target of ['0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/1'])
    assert.equal((await client.block({ ...SCANNER, target })).status, 422)
  assert.equal(client.app.ledger.head.blocks.size, 0)
})

test('peer trap: a match without any component is no match on everything', async (t) => {
  const client = await startFace(t)
  for (const target of [undefined, '', '0.0.0.0/0'])
    assert.notEqual((await client.block({ ...SCANNER, target, match: {} })).status, 201)
  const host = await client.block({ ...SCANNER, match: {} })
  assert.deepEqual([host.status, host.json['match']], [201, undefined])
})

test('peer trap: a department does not discard its own /16', async (t) => {
  const { app, block } = await startFace(t)
  const asked = await block({ ...SCANNER, target: '10.10.0.0/16', direction: 'to' })
  assert.equal(asked.json['wanted'], 'proposed')
  assert.equal(app.devices.get('edge-1')?.rules.size, 0)
})

test('peer trap: a prefix inside a protected one is protected, and so is one around it', async (t) => {
  const client = await startFace(t)
  await assertRefused(client, { ...SCANNER, target: '10.10.0.20' }, 'protected')
  await assertRefused(client, { ...SCANNER, target: '192.0.2.48/29' }, 'protected')
})

test('peer trap: deleting one of two blocks on a prefix leaves the other in force', async (t) => {
  const { app, block, send } = await startFace(t)
  const wait = { headers: { prefer: 'wait=10' } }
  await block(SCANNER, wait)
  await block({ ...SCANNER, reason: 'spams too' }, wait)
  const gone = await send('DELETE', '/v1/blocks/1', wait)
  assert.equal(gone.json['standing'], 'ended')
  assert.equal((await send('GET', '/v1/blocks/2')).json['standing'], 'in-force')
  assert.equal(app.devices.get('edge-1')?.rules.size, 1)
})

test('peer trap: an impossible packet length never gets in', async (t) => {
  const client = await startFace(t)
  for (const packetLength of [70_000, 19, '0-19', '65536', '100-50']) {
    const answer = await client.block({ ...SCANNER, match: { packetLength } })
    assert.deepEqual([packetLength, answer.status, answer.json['code']], [packetLength, 400, 'match-value'])
  }
})

test('peer trap: no flag passes over the protected list', async (t) => {
  const client = await startFace(t)
  const answer = await client.block({ ...SCANNER, target: '192.0.2.53', skip_whitelist: true })
  assert.deepEqual([answer.status, answer.json['path']], [400, 'skip_whitelist'])
})

test('peer trap: a malformed prefix is 400, never 500', async (t) => {
  const { block, send } = await startFace(t)
  for (const target of [
    '1.2.3',
    '1.2.3.4/',
    '1.2.3.4/-1',
    '1.2.3.4/ 24',
    '2001:db8::/129',
    'fe80::1%eth0',
    '٣.1.1.1',
    '1.2.3.4/24/24',
  ]) {
    assert.equal((await block({ ...SCANNER, target })).status, 400)
    assert.equal((await send('GET', `/v1/explain?target=${encodeURIComponent(target)}`)).status, 400)
  }
})

test('peer trap: the quota counts, also within one batch', async (t) => {
  const client = await startFace(t, { limits: { roles: { analyst: { active: 3 }, trigger: {} } } })
  const blocks = [1, 2, 3, 4, 5].map((host) => ({ ...SCANNER, target: `203.0.113.${host}` }))
  const batch = await client.send('POST', '/v1/blocks:batch', {
    body: { blocks },
    headers: { 'idempotency-key': 'q' },
  })
  assert.deepEqual(
    list(batch.json['items']).map((item) => Number(item['status'])),
    [201, 201, 201, 422, 422],
  )
  await assertRefused(client, SCANNER, 'role-active')
  await client.send('DELETE', '/v1/blocks/1')
  assert.equal((await client.block(SCANNER)).status, 201)
})

test('automatic blocks trip the breaker, people do not, and a person resets it', async (t) => {
  const client = await startFace(t)
  const { app, block, send } = client
  const machine = await app.token(['blocks:write', 'blocks:read'], 'automatic')
  const attack = (host: number, more: object = {}, as = machine) =>
    block({ ...SCANNER, target: `203.0.113.${host}`, evidence: 'established', ...more }, { as })
  for (let host = 1; host <= 10; host += 1) assert.equal((await attack(host)).status, 201)
  const tripped = await attack(11)
  assert.deepEqual([tripped.status, codes(tripped)], [422, ['breaker-open']])
  assert.match(String(tripped.json['detail']), /11 attempts in a minute; the limit is 10/)
  const shown = await send('GET', '/v1/automation')
  const token = String(machine.split('_')[1])
  assert.deepEqual(
    list(shown.json['breakers']).map(({ breaker, source }) => [breaker, source]),
    [[`source:${token}`, token]],
  )
  const other = await app.machine()
  assert.equal((await attack(40, {}, other)).status, 201, 'another source is not starved')
  assert.equal((await block(SCANNER)).status, 201, 'a person may go on')
  const dry = await send('POST', '/v1/blocks:dryRun', {
    body: { ...SCANNER, evidence: 'established' },
    as: machine,
  })
  assert.equal(list(dry.json['refusals'])[0]?.['code'], 'breaker-open')
  assert.equal((await send('DELETE', '/v1/blocks/1', { as: machine })).status, 200, 'releases always work')
  app.skip(3_600_000)
  assert.equal((await attack(12)).status, 422, 'time alone does not close it')
  assert.equal((await send('POST', '/v1/automation:reset')).json['stopped'], false)
  assert.equal((await send('GET', '/v1/automation')).json['stopped'], false)
  assert.equal((await attack(13)).status, 201)
})

test('an automatic block must end, and rests on evidence', async (t) => {
  const client = await startFace(t)
  const as = await client.app.token(['blocks:write'], 'automatic')
  const endless = { target: '203.0.113.9', reason: 'x', permanent: true, evidence: 'established' }
  assert.deepEqual(codes(await client.block(endless, { as })), ['expiry-required'])
  assert.deepEqual(codes(await client.block(SCANNER, { as })), ['evidence-spoofable'])
})

test('a machine takes no more of a department off by blocking it in small parts', async (t) => {
  const { app, block } = await startFace(t)
  const machine = await app.machine()
  const part = { direction: 'to', reason: 'flood', duration: '1h' }
  const first = await block({ ...part, target: '10.10.1.0/28' }, { as: machine })
  assert.equal(first.status, 201, first.text)
  const second = await block({ ...part, target: '10.10.1.16/28' }, { as: machine })
  assert.equal(second.status, 422, second.text)
  assert.match(second.text, /32 hosts in department physics/)
  assert.ok(app.ledger.head.breakers.has('department:physics'))
})

test('a machine that is stopped does not make its blocks last longer either, and ends them', async (t) => {
  const { app, block, send } = await startFace(t)
  const machine = await app.machine()
  const made = await block(
    { target: '10.10.1.7', direction: 'to', reason: 'flood', duration: '1h' },
    { as: machine },
  )
  const url = `/v1/blocks/${String(made.json['id'])}`
  const amend = (body: object, as = machine) =>
    send('PATCH', url, { as, body, headers: { 'if-match': '"1"' } })
  await send('POST', '/v1/automation:freeze', { body: { reason: 'a false alarm' } })
  const longer = await amend({ duration: '6d' })
  assert.deepEqual(
    [longer.status, list(longer.json['refusals']).map(({ code }) => String(code))],
    [422, ['automation-frozen']],
  )
  await send('POST', '/v1/automation:thaw')
  await send('POST', `/v1/tokens/${machine.split('_')[1]}:mute`, { body: { reason: 'a false alarm' } })
  assert.equal((await amend({ duration: '6d' })).status, 422)
  assert.equal((await amend({ duration: '10m' })).status, 200, 'shorter is always right')
  assert.equal((await send('POST', `${url}:release`, { as: machine })).status, 200)
})
