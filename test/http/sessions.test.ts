import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROLE_SCOPES } from '../../src/domain/role.ts'
import { startLogins } from './browser.ts'
import { list, type Reply, SCANNER } from './face.ts'

const HOUR = 3_600_000
const TOKEN = { name: 'of my own', roles: ['analyst'], origin: 'person', permanent: true }

function refusal({ status, json }: Reply): [number, string] {
  return [status, String(json['code'])]
}

test('logging out ends the session, and no other', async (t) => {
  const { idp, as } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  const [one, other] = [await as('ann'), await as('ann')]
  const cookie = one.jar.cookies.get('cordon-session') ?? ''
  assert.equal((await one.act('POST', '/logout')).status, 204)
  assert.equal(one.jar.cookies.has('cordon-session'), false)
  one.jar.cookies.set('cordon-session', cookie)
  assert.deepEqual(refusal(await one.send('GET', '/v1/whoami')), [401, 'unauthenticated'])
  assert.equal((await other.send('GET', '/v1/whoami')).status, 200)
})

test('a token that is no session is not ended by logging out', async (t) => {
  const { send } = await startLogins(t)
  assert.deepEqual(refusal(await send('POST', '/logout')), [409, 'no-session'])
  assert.equal((await send('GET', '/v1/whoami')).status, 200)
})

test('a session is over after its time', async (t) => {
  const { app, idp, as } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  const ann = await as('ann')
  app.skip(8 * HOUR - 60_000)
  assert.equal((await ann.send('GET', '/v1/whoami')).status, 200)
  app.skip(60_000)
  assert.equal((await ann.send('GET', '/v1/whoami')).status, 401)
})

test('the same person logs in again without an event about them, and is nobody new', async (t) => {
  const { app, idp, as } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  await as('ann')
  const { seq } = app.ledger.head
  await as('ann')
  assert.equal(app.ledger.head.seq, seq + 1)
  assert.equal(app.ledger.head.people.size, 2)
})

test('two first logins at once make one person', async (t) => {
  const { app, idp, browser } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  idp.who = 'ann'
  const backs = await Promise.all(
    [browser(), browser(), browser()].map(async (one) => ({
      one,
      back: await one.through(await one.begin()),
    })),
  )
  const answers = await Promise.all(backs.map(({ one, back }) => one.send('GET', back)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [303, 303, 303],
  )
  assert.equal(app.ledger.head.people.size, 2)
})

test('other groups at the provider are other roles with the next login, for everything that the person holds', async (t) => {
  const { app, idp, as, send, browser } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  const before = await as('ann')
  const token = String((await before.act('POST', '/v1/tokens', TOKEN)).json['secret'])
  assert.equal((await send('GET', '/v1/devices', { as: token })).status, 200)
  idp.accounts.set('ann', { name: 'Ann', groups: ['physics-it'] })
  const after = await as('ann')
  const who = await after.send('GET', '/v1/whoami')
  assert.deepEqual([who.json['scopes'], who.json['departments']], [[...ROLE_SCOPES.itss], ['physics']])
  for (const denied of [
    await before.send('GET', '/v1/devices'),
    await send('GET', '/v1/devices', { as: token }),
  ])
    assert.deepEqual(refusal(denied), [403, 'forbidden'])
  idp.accounts.set('ann', { name: 'Ann', groups: ['choir'] })
  idp.who = 'ann'
  const none = await browser().logIn()
  assert.deepEqual(refusal(none), [403, 'login-no-role'])
  assert.equal(none.headers['set-cookie']?.toString().includes('cordon-session'), false)
  assert.deepEqual((await after.send('GET', '/v1/whoami')).json['scopes'], [])
  assert.equal(app.ledger.head.people.size, 2)
})

test('nothing is kept of somebody who never had a role', async (t) => {
  const { app, idp, browser } = await startLogins(t)
  const { seq } = app.ledger.head
  idp.accounts.set('eve', { name: 'Eve', groups: ['choir'] })
  idp.who = 'eve'
  assert.deepEqual(refusal(await browser().logIn()), [403, 'login-no-role'])
  assert.equal(app.ledger.head.seq, seq)
})

test('who was removed stays so until an administrator adds them again, and then begins anew', async (t) => {
  const { idp, as, send, browser } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  const ann = await as('ann')
  const token = String((await ann.act('POST', '/v1/tokens', TOKEN)).json['secret'])
  const id = String((await ann.send('GET', '/v1/whoami')).json['person']?.['id'])
  assert.equal((await send('DELETE', `/v1/people/${id}`)).status, 204)
  assert.equal((await ann.send('GET', '/v1/whoami')).status, 401)
  const refused = await browser().logIn()
  assert.deepEqual(refusal(refused), [403, 'login-removed'])
  assert.deepEqual(refusal(await send('PATCH', `/v1/people/${id}`, { body: { name: 'x' } })), [
    404,
    'not-found',
  ])
  const again = await send('PATCH', `/v1/people/${id}`, { body: { left: false } })
  assert.deepEqual([again.status, again.json['left']], [200, false])
  assert.equal((await send('GET', '/v1/whoami', { as: token })).status, 401)
  assert.equal((await ann.send('GET', '/v1/whoami')).status, 401)
  assert.equal((await (await as('ann')).send('GET', '/v1/whoami')).status, 200)
})

test('somebody added by hand is never taken over by a login of that name', async (t) => {
  const { app, idp, as, send } = await startLogins(t)
  const byHand = await app.person('Ann', ['admin'])
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  const ann = await as('ann')
  const ids = [
    (await send('GET', '/v1/whoami', { as: byHand })).json,
    (await ann.send('GET', '/v1/whoami')).json,
  ]
  assert.notEqual(ids[0]?.['person']?.['id'], ids[1]?.['person']?.['id'])
  assert.deepEqual(ids[1]?.['person']?.['roles'], ['analyst'])
})

test('tokens of one who logs in are good only while the last login is young; sessions go on', async (t) => {
  const { app, idp, as, send } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  const token = String((await (await as('ann')).act('POST', '/v1/tokens', TOKEN)).json['secret'])
  const byHand = await app.person('Bob', ['analyst'])
  app.skip(30 * 24 * HOUR - 60_000)
  assert.equal((await send('GET', '/v1/blocks', { as: token })).status, 200)
  app.skip(60_000)
  const denied = await send('GET', '/v1/blocks', { as: token })
  assert.deepEqual(refusal(denied), [403, 'forbidden'])
  assert.match(String(denied.json['detail']), /Ann has not logged in for so long/)
  assert.deepEqual((await send('GET', '/v1/whoami', { as: token })).json['scopes'], [])
  const own = await send('POST', '/v1/tokens', { as: token, body: TOKEN })
  assert.deepEqual(refusal(own), [403, 'forbidden'])
  assert.equal((await send('GET', '/v1/blocks', { as: byHand })).status, 200)
  assert.equal((await (await as('ann')).send('GET', '/v1/blocks')).status, 200)
  assert.equal((await send('GET', '/v1/blocks', { as: token })).status, 200)
})

test('the first person can never be the second, across tokens and sessions of one login', async (t) => {
  const { idp, as, send } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt', 'approvers'] })
  idp.accounts.set('bob', { name: 'Bob', groups: ['approvers'] })
  const ann = await as('ann')
  const both = { ...TOKEN, roles: ['analyst', 'approver'] }
  const token = String((await ann.act('POST', '/v1/tokens', both)).json['secret'])
  const wide = { ...SCANNER, target: '203.0.112.0/20' }
  const proposals = [
    await ann.act('POST', '/v1/blocks', wide, { 'idempotency-key': 'session' }),
    await send('POST', '/v1/blocks', { as: token, body: wide, headers: { 'idempotency-key': 'token' } }),
  ]
  const bob = await as('bob')
  const annAgain = await as('ann')
  for (const proposed of proposals) {
    assert.deepEqual([proposed.status, String(proposed.json['wanted'])], [201, 'proposed'])
    const url = `/v1/blocks/${String(proposed.json['id'])}`
    const digest = (await ann.send('GET', `${url}/plan`)).json['digest']
    const body = { digest }
    for (const answer of [
      await ann.act('POST', `${url}:approve`, body),
      await annAgain.act('POST', `${url}:approve`, body),
      await send('POST', `${url}:approve`, { as: token, body }),
    ])
      assert.deepEqual(refusal(answer), [403, 'same-person'])
    const agreed = await bob.act('POST', `${url}:approve`, body)
    assert.deepEqual([agreed.status, String(agreed.json['wanted'])], [200, 'on'])
  }
})

test('an administrator sees whom the provider knows and when they logged in, and may revoke a session', async (t) => {
  const { idp, as, send } = await startLogins(t)
  idp.accounts.set('ann', { name: 'Ann', groups: ['csirt'] })
  const ann = await as('ann')
  const people = list((await send('GET', '/v1/people')).json['people'])
  const person = people.find(({ name }) => String(name) === 'Ann')
  assert.deepEqual([person?.['subject'], person?.['by']], [`${idp.issuer} ann`, 'login'])
  assert.match(String(person?.['loggedInAt']), /^20\d\d-.*Z$/)
  const session = list((await send('GET', '/v1/tokens')).json['tokens']).find(
    (one) => String(one['session']) === 'true',
  )
  assert.equal((await send('DELETE', `/v1/tokens/${String(session?.['id'])}`)).status, 204)
  assert.equal((await ann.send('GET', '/v1/whoami')).status, 401)
})
