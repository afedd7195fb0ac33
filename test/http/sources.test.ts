import assert from 'node:assert/strict'
import { test } from 'node:test'
import { list, startFace } from './face.ts'

test('sources are shown with how it is with each, to whoever may read triggers of the whole site', async (t) => {
  const client = await startFace(t, {
    sources: [{ name: 'warden', kind: 'spool', token: 'warden', folder: '/nowhere', format: 'idea' }],
  })
  const notes = client.app.sources.of('warden')
  notes.took(2)
  notes.ignored('198.51.100.7/32', 'nobody of ours')
  notes.is('waiting', 'it needs a token')
  const { status, json } = await client.send('GET', '/v1/sources')
  assert.equal(status, 200)
  const [only, ...more] = list(json['sources'])
  assert.deepEqual(more, [])
  const { since, lastAt, lately, ...rest } = only ?? {}
  assert.deepEqual(rest, {
    ...{ name: 'warden', kind: 'spool', token: 'warden', state: 'waiting', why: 'it needs a token' },
    ...{ taken: 2, refused: 0, ignored: 1 },
  })
  for (const time of [since, lastAt, list(lately)[0]?.['at']]) assert.match(String(time), /^20\d\d-.*Z$/)
  assert.equal(list(lately)[0]?.['why'], 'nobody of ours')

  const other = await client.app.token(['blocks:read'])
  assert.equal((await client.send('GET', '/v1/sources', { as: other })).status, 403)
  const bound = await client.app.person('ann', ['analyst'], ['physics'])
  assert.equal((await client.send('GET', '/v1/sources', { as: bound })).status, 403)
})
