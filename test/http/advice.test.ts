import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readAdvice } from '../../src/config/read-advice.ts'
import { readPolicies } from '../../src/config/read-policies.ts'
import { list, SCANNER, startFace } from './face.ts'

const SHIPPED = new URL('../../policies/', import.meta.url).pathname

async function start(t: TestContext) {
  const read = await readPolicies(`${SHIPPED}rules`)
  const { texts: advice } = await readAdvice(`${SHIPPED}advice`, read)
  return startFace(t, { policies: read.map(({ policy }) => policy), advice })
}

const OWN = { ...SCANNER, target: '192.0.2.80' }

/** Malware on a host of ours that speaks to one address. */
const TALKS = {
  ...{ id: 'm-1', revision: 1, kind: 'open', role: 'offender', category: 'host.malware' },
  ...{ target: '192.0.2.80', peers: ['203.0.113.66'], evidence: 'established', confidence: 1 },
  detectedAt: '2026-01-01T00:00:00Z',
}

test('a block that a policy made has the category of its trigger and what its rule advises', async (t) => {
  const { app, send } = await start(t)
  const machine = await app.token(['triggers:write'], 'automatic')
  const { json } = await send('POST', '/v1/triggers', { body: { triggers: [TALKS] }, as: machine })
  const [taken] = list(json['items'])
  assert.equal(taken?.['deed'], 'began', JSON.stringify(taken))
  const id = Number(taken?.['block']?.['id'])
  const { json: block } = await send('GET', `/v1/blocks/${id}`)
  assert.equal(block['category'], 'host.malware')
  // The rule says otherwise than the category would.
  assert.equal(block['advice']?.['name'], 'clean-host')
  assert.match(String(block['advice']?.['text']), /^What happened: .*Install it anew/s)
  const [created] = list((await send('GET', `/v1/blocks/${id}/history`)).json['events'])
  assert.equal(created?.['category'], 'host.malware')
  assert.equal(created?.['advice'], 'clean-host')
})

test('a person says the category, and gets its advice in every form of the block', async (t) => {
  const { block, send } = await start(t)
  const made = await block({ ...OWN, category: 'spam' })
  assert.equal(made.status, 201)
  assert.equal(made.json['category'], 'spam')
  assert.equal(made.json['advice']?.['name'], 'check-mail-queue')
  const [listed] = list((await send('GET', '/v1/blocks')).json['blocks'])
  assert.deepEqual(listed?.['advice'], made.json['advice'])
  const [explained] = list((await send('GET', '/v1/explain?target=192.0.2.80')).json['active'])
  assert.equal(explained?.['category'], 'spam')
  const batch = await send('POST', '/v1/blocks:batch', {
    body: { blocks: [{ ...OWN, target: '192.0.2.81', category: 'scan' }] },
    headers: { 'idempotency-key': 'a batch' },
  })
  const id = Number(list(batch.json['items'])[0]?.['id'])
  const { json } = await send('GET', `/v1/blocks/${id}`)
  assert.equal(json['category'], 'scan')
  assert.equal(json['advice']?.['name'], 'check-host')
})

test('without a category there is the advice for all others, and none about hosts of others', async (t) => {
  const { block } = await start(t)
  const own = await block(OWN)
  assert.equal(own.json['category'], undefined)
  assert.equal(own.json['advice']?.['name'], 'ask-us')
  const outside = await block({ ...SCANNER, category: 'login.brute-force' })
  assert.equal(outside.json['category'], 'login.brute-force')
  assert.equal(outside.json['advice'], undefined)
})

test('an unknown category is refused with those that there are', async (t) => {
  const { block } = await start(t)
  const { status, json } = await block({ ...OWN, category: 'nonsense' })
  assert.equal(status, 400)
  assert.equal(json['path'], 'category')
  assert.match(String(json['detail']), /dos\.volumetric, .*account\.phished.*other/)
})
