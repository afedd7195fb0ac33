import assert from 'node:assert/strict'
import { it } from 'node:test'
import { DROP, ruleFromKey } from '../domain/rule.ts'
import { explains } from './beside.ts'

it('a rule explains itself with the exceptions that the allow list said before, and nothing else', () => {
  const placed = ruleFromKey('acl4 source=10.0.1.0/24 except=192.0.2.53/32', DROP)
  const explained = (key: string) => explains(placed, ruleFromKey(key, DROP))
  assert.ok(explained('acl4 source=10.0.1.0/24 except=192.0.2.53/32'))
  assert.ok(explained('acl4 source=10.0.1.0/24 except=198.51.100.0/24'))
  assert.ok(explained('acl4 source=10.0.1.0/24'), 'the allow list was empty')
  assert.ok(explained('acl4 source=10.0.1.0/24 except=192.0.2.53/32 keep=control'))
  const keeping = ruleFromKey('acl4 source=10.0.1.0/24 keep=control', DROP)
  assert.ok(
    explains(keeping, ruleFromKey('acl4 source=10.0.1.0/24', DROP)),
    'before control traffic was kept',
  )
  assert.ok(!explained('acl4 destination=10.0.1.0/24 except=192.0.2.53/32'))
  assert.ok(!explained('acl4 source=10.0.1.0/25 except=192.0.2.53/32'))
  assert.ok(!explained('acl4 source=10.0.1.0/24 except=192.0.2.53/32 protocol=6'))
  assert.ok(!explained('flow4 source=10.0.1.0/24'))
})
