import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { makeApp } from '../../test/helpers/app.ts'
import { NO_LOGINS } from '../domain/grant.ts'
import type { AppError } from './app-error.ts'
import { addPerson, changePerson, removePerson } from './people.ts'
import { openSession } from './sessions.ts'
import { authenticate } from './tokens.ts'

const LOGINS = {
  ...NO_LOGINS,
  grants: [
    { group: 'csirt', roles: ['analyst'] as const },
    { group: 'physics-it', roles: ['itss'] as const, departments: ['physics'] },
  ],
}
const ANN = { issuer: 'https://login.example.org', subject: 'ann', name: 'Ann', groups: ['csirt'] }

test('who logged in, and when, is known after a restart', async () => {
  const before = await makeApp({ logins: LOGINS })
  const { secret } = await openSession(before, ANN)
  const { people, logins } = before.ledger.head
  assert.equal(logins.size, 1)
  await before.stop()
  const after = await makeApp({ logins: LOGINS, folder: before.folder })
  assert.deepEqual([...after.ledger.head.logins], [...logins])
  assert.deepEqual([...after.ledger.head.people], [...people])
  assert.equal(authenticate(after, secret).person?.name, 'Ann')
  await after.close()
  await rm(before.folder, { recursive: true, force: true })
})

test('a subject is one of its issuer: the same text of another issuer is somebody else', async () => {
  const app = await makeApp({ logins: LOGINS })
  const one = await openSession(app, ANN)
  const other = await openSession(app, { ...ANN, issuer: 'https://login.example.com' })
  assert.notEqual(one.token.person, other.token.person)
  await app.close()
})

test('a name is kept as text of one line, and the subject where there is none', async () => {
  const app = await makeApp({ logins: LOGINS })
  const named = async (name: string) => {
    const { secret } = await openSession(app, { ...ANN, name })
    return authenticate(app, secret).person?.name
  }
  assert.equal(await named(' Ann\n\u001b[31mArbor\u202e '), 'Ann [31mArbor')
  assert.equal(await named('\n'), 'ann')
  assert.equal((await named('x'.repeat(1_000)))?.length, 200)
  await app.close()
})

test('what an administrator changed holds until the next login, which says again what the groups give', async () => {
  const app = await makeApp({ logins: LOGINS })
  const { secret } = await openSession(app, ANN)
  const id = authenticate(app, secret).person?.id ?? ''
  await changePerson(app, authenticate(app, await app.root()), id, { roles: ['viewer'] })
  assert.equal(authenticate(app, secret).scopes.has('blocks:write'), false)
  const { secret: later } = await openSession(app, ANN)
  assert.equal(authenticate(app, later).scopes.has('blocks:write'), true)
  await app.close()
})

test('somebody who is removed while they are changed stays removed', async () => {
  const app = await makeApp({ logins: LOGINS })
  const root = authenticate(app, await app.root())
  const { id } = await addPerson(app, root, { name: 'Bob', roles: ['viewer'] })
  const removing = removePerson(app, root, id)
  const changing = changePerson(app, root, id, { name: 'Bobby' }).catch((error: AppError) => error.code)
  await removing
  assert.equal(await changing, 'not-found')
  assert.equal(app.ledger.head.people.get(id)?.left, true)
  await app.close()
})
