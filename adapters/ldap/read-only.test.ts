import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityRule } from '../../src/domain/rule.ts'
import { ADMIN, noSlapd, PASSWORD, PEOPLE, POLICY, startSlapd } from '../../test/helpers/slapd.ts'
import { switchEnv } from '../../test/helpers/switch-env.ts'
import { ldapAdapter } from './index.ts'

const skip = noSlapd()
const ALICE = identityRule('account-locked', 'alice@campus.example')
const NEVER = new AbortController().signal

describe('a directory that takes no changes', { skip }, () => {
  if (skip !== false) return
  it('says that it may be read-only, with what it says itself', async () => {
    const slapd = await startSlapd({ readOnly: true })
    try {
      const session = await ldapAdapter.open(
        {
          servers: [slapd.url],
          ...{ bindDn: ADMIN, password: 'file:secret', base: PEOPLE, realms: ['campus.example'] },
          lock: { how: 'ppolicy', policy: POLICY },
        },
        { ...switchEnv('directory'), secret: async () => PASSWORD },
      )
      const outcome = (await session.apply({ put: [ALICE], remove: [] }, NEVER)).get(ALICE.key)
      assert.ok(outcome?.result === 'failed')
      assert.equal(outcome.class, 'rejected')
      assert.match(outcome.words, /unwillingToPerform: operation restricted \(it is a read-only copy/)
      await session.close()
    } finally {
      await slapd.dispose()
    }
  })
})
