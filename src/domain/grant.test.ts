import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type GroupGrant, grantedTo } from './grant.ts'
import { PEOPLE_ROLES, type Role } from './role.ts'

const GRANTS: readonly GroupGrant[] = [
  { group: 'csirt', roles: ['analyst'] },
  { group: 'noc', roles: ['noc'] },
  { group: 'physics', roles: ['itss'], departments: ['physics'] },
  { group: 'law', roles: ['itss'], departments: ['law'] },
  { group: 'law-csirt', roles: ['analyst'], departments: ['law'] },
]

describe('grantedTo', () => {
  it('gives nothing to whoever is in no group that counts', () => {
    assert.deepEqual(grantedTo([], GRANTS), { roles: [] })
    assert.deepEqual(grantedTo(['CSIRT', 'csirt '], GRANTS), { roles: [] })
  })
  it('gives the roles of all groups that reach as far', () => {
    assert.deepEqual(grantedTo(['noc', 'csirt'], GRANTS), { roles: ['analyst', 'noc'] })
  })
  it('gives the departments of all groups that allow as much', () => {
    assert.deepEqual(grantedTo(['law', 'physics'], GRANTS), {
      roles: ['itss'],
      departments: ['law', 'physics'],
    })
  })
  it('does not bind whoever is in a group without a bound, above in the list', () => {
    assert.deepEqual(grantedTo(['physics', 'csirt'], GRANTS), { roles: ['analyst'] })
  })
  it('gives no role for a department for which no group has it', () => {
    assert.deepEqual(grantedTo(['physics', 'law-csirt'], GRANTS), {
      roles: ['itss'],
      departments: ['physics'],
    })
  })
  it('never gives a role in a place where no group of theirs gives it', () => {
    const places = ['physics', 'law', 'elsewhere']
    const grant = fc.record(
      {
        group: fc.constantFrom('a', 'b', 'c', 'd'),
        roles: fc.uniqueArray(fc.constantFrom<Role[]>(...PEOPLE_ROLES), { minLength: 1 }),
        departments: fc.uniqueArray(fc.constantFrom(...places), { minLength: 1 }),
      },
      { requiredKeys: ['group', 'roles'] },
    )
    const groups = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'x'))
    fc.assert(
      fc.property(groups, fc.array(grant, { maxLength: 6 }), (of, grants) => {
        const { roles, departments } = grantedTo(of, grants as readonly GroupGrant[])
        for (const role of roles)
          for (const place of departments ?? [undefined, ...places])
            assert.ok(
              grants.some(
                (one) =>
                  of.includes(one.group) &&
                  one.roles.includes(role) &&
                  (one.departments === undefined || (place !== undefined && one.departments.includes(place))),
              ),
            )
      }),
    )
  })
})
