import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPolicies } from '../../src/config/read-policies.ts'
import { list, startFace } from './face.ts'

const SHIPPED = new URL('../../policies/rules', import.meta.url).pathname

async function start(t: Parameters<typeof startFace>[0]) {
  const policies = (await readPolicies(SHIPPED)).map(({ policy }) => policy)
  const client = await startFace(t, { policies })
  const machine = await client.app.token(['triggers:write', 'blocks:read'], 'automatic')
  return { client, machine }
}

const ATTACK = {
  ...{ id: 'a-1', revision: 1, kind: 'open', role: 'victim', category: 'dos.amplification' },
  target: '192.0.2.80',
  match: { protocol: 'udp', sourcePort: 123 },
  detectedAt: '2026-01-01T00:00:00Z',
}

test('a trigger becomes a block by a shipped policy, and ends with its incident', async (t) => {
  const { client, machine } = await start(t)
  const post = async (more: object = {}) =>
    (await client.send('POST', '/v1/triggers', { body: { triggers: [{ ...ATTACK, ...more }] }, as: machine }))
      .json
  const [began] = list((await post())['items'])
  assert.equal(began?.['deed'], 'began')
  const id = Number(began?.['block']?.['id'])
  assert.equal(began?.['block']?.['name'], `Cordon#${id}`)
  const { json: block } = await client.send('GET', `/v1/blocks/${id}`)
  assert.match(String(block['reason']), /amplification\/known-port/)
  assert.deepEqual(block['collateral'], ['fragments'])
  const [again] = list((await post())['items'])
  assert.equal(again?.['replayed'], true)
  const { json: open } = await client.send('GET', '/v1/triggers?open=true')
  assert.deepEqual(
    list(open['incidents']).map(({ id: one }) => String(one)),
    ['a-1'],
  )
  const [over] = list((await post({ revision: 2, kind: 'close' }))['items'])
  assert.equal(over?.['deed'], 'ends-soon')
  const { json: none } = await client.send('GET', '/v1/triggers?open=true')
  assert.deepEqual(list(none['incidents']), [])
})

test('a record of another form is read, and one that cannot be is named beside those that can', async (t) => {
  const { client, machine } = await start(t)
  const report = {
    ...{ ip: '192.0.2.80', direction: 'incoming', pps: 90_000, action: 'ban', report: '', run: 'x' },
    at: '2026-01-01T00:00:00Z',
  }
  const { status, json } = await client.send('POST', '/v1/triggers/fastnetmon', {
    body: [report, { ...report, ip: 'nobody' }],
    as: machine,
  })
  assert.equal(status, 200)
  const [good, bad] = list(json['items'])
  assert.equal(good?.['id'], 'fastnetmon/192.0.2.80/incoming')
  assert.match(JSON.stringify(bad), /ip/)
  const unknown = await client.send('POST', '/v1/triggers/nothing', { body: report, as: machine })
  assert.equal(unknown.status, 404)
  assert.match(String(unknown.json['detail']), /there are .*fastnetmon/)
})

test('what is wrong with a trigger is told with its place, and unknown fields are errors', async (t) => {
  const { client, machine } = await start(t)
  for (const [more, path] of [
    [{ pps: 3 }, /pps/],
    [{ kind: 'begin' }, /kind/],
    [{ confidence: 7 }, /confidence/],
  ] as const) {
    const { status, json } = await client.send('POST', '/v1/triggers', {
      body: { triggers: [{ ...ATTACK, ...more }] },
      as: machine,
    })
    assert.equal(status, 400)
    assert.match(JSON.stringify(json), path)
  }
})

test('a block names what has led to it, and the trigger tells all that was said of the incident', async (t) => {
  const { client, machine } = await start(t)
  const post = async (more: object = {}) =>
    list(
      (
        await client.send('POST', '/v1/triggers', {
          body: { triggers: [{ ...ATTACK, ...more }] },
          as: machine,
        })
      ).json['items'],
    )
  const [other] = await post({ id: 'a-2', target: '192.0.2.81', labels: { sensor: 'north' } })
  const [began] = await post({ lifetime: '90s' })
  await post({ revision: 2, kind: 'close' })
  const number = Number(began?.['trigger'])
  const cause = { trigger: number, policy: 'amplification', rule: 'known-port' }
  const { json: block } = await client.send('GET', `/v1/blocks/${began?.['block']?.['id']}`)
  assert.deepEqual(block['cause'], cause)
  const { status, json } = await client.send('GET', `/v1/triggers/${number}`)
  assert.equal(status, 200)
  const record = json['record'] as Record<string, unknown>
  assert.deepEqual([record['id'], record['target'], record['lifetime']], ['a-1', '192.0.2.80/32', '1m30s'])
  assert.deepEqual(
    list(json['words']).map(({ kind, deed, block: id }) => [kind, deed, id]),
    [
      ['open', 'began', block['id']],
      ['close', 'ends-soon', block['id']],
    ],
  )
  const { json: page } = await client.send('GET', '/v1/triggers')
  const [last, first] = list(page['incidents'])
  assert.deepEqual([last?.['id'], last?.['verdict'], last?.['deed']], ['a-1', 'none', 'ends-soon'])
  assert.deepEqual(
    [first?.['trigger'], first?.['category'], first?.['policy'], first?.['rule']],
    [other?.['trigger'], 'dos.amplification', 'amplification', 'known-port'],
  )
  for (const none of ['99', '0', 'x'])
    assert.equal((await client.send('GET', `/v1/triggers/${none}`)).status, 404, none)
})

test('who asks what a trigger said is on record, and has to see the whole site', async (t) => {
  const { client, machine } = await start(t)
  await client.send('POST', '/v1/triggers', { body: { triggers: [ATTACK] }, as: machine })
  assert.equal((await client.send('GET', '/v1/triggers/1', { as: machine })).status, 403)
  assert.equal((await client.send('GET', '/v1/triggers/1')).status, 200)
  const { json } = await client.send('GET', '/v1/audit?kind=reads')
  const [read] = list(json['entries']).filter(({ what }) => String(what) === 'triggers')
  assert.equal(read?.['about'], 'trigger=1')
})
