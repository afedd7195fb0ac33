import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityOf } from './identity.ts'

const CLAIMS = { iss: 'https://login.example.org', sub: 's1' }
const BY = { groupsClaim: 'groups', nameClaim: 'name' }

describe('identityOf', () => {
  it('reads groups from a list or one text, and from nothing else', () => {
    const groups = (value: unknown) => identityOf({ ...CLAIMS, groups: value }, BY).groups
    assert.deepEqual(groups(['a', 'b']), ['a', 'b'])
    assert.deepEqual(groups('a b'), ['a b'])
    assert.deepEqual(groups(['a', 1, null, ['b'], { c: true }]), ['a'])
    for (const value of [undefined, null, 1, true, { a: true }]) assert.deepEqual(groups(value), [])
  })
  it('takes the name that the site says, else another, else the subject', () => {
    const name = (claims: object) => identityOf({ ...CLAIMS, ...claims }, BY).name
    assert.equal(name({ name: 'Ann', preferred_username: 'ann1' }), 'Ann')
    assert.equal(name({ name: '', preferred_username: 'ann1' }), 'ann1')
    assert.equal(name({ name: 7 }), 's1')
  })
})
