import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { identityRule } from '../../src/domain/rule.ts'
import { accountsFile, exampleScript } from '../../test/helpers/script-place.ts'
import { scriptAdapter } from './index.ts'
import { NEVER, withScript } from './testing/scene.ts'

const [ALICE, CAROL] = ['alice', 'carol'].map((user) =>
  identityRule('account-locked', `${user}@campus.example`),
)

type Accounts = Record<string, { user: string; locked: boolean }>

describe('whoever has the name', {
  skip: existsSync('/usr/bin/python3') ? false : 'there is no python3',
}, () => {
  it('of a locked account that was renamed is not touched, and the renamed one is given back', () =>
    withScript(exampleScript('python'), async ({ place, config, env }) => {
      assert.ok(ALICE)
      const file = join(place.data, 'accounts.json')
      const accounts = (): Accounts => JSON.parse(readFileSync(file, 'utf8')) as Accounts
      place.put('accounts.json', accountsFile(['alice']))
      const first = await scriptAdapter.open(config, env)
      await first.apply({ put: [ALICE], remove: [] }, NEVER)
      await first.close()
      const renamed = { 100: { user: 'alice.w', locked: true }, 101: { user: 'alice', locked: true } }
      place.put('accounts.json', JSON.stringify(renamed))
      const second = await scriptAdapter.open(config, env)
      try {
        assert.deepEqual((await second.observe('all', NEVER)).rules, [ALICE])
        const receipt = await second.apply({ put: [], remove: [ALICE] }, NEVER)
        assert.equal(receipt.get(ALICE.key)?.result, 'done')
        assert.deepEqual(accounts(), {
          100: { user: 'alice.w', locked: false },
          101: { user: 'alice', locked: true },
        })
      } finally {
        await second.close()
      }
    }))

  it('of one that is gone has nothing to be given back', () =>
    withScript(exampleScript('python'), async ({ place, config, env }) => {
      assert.ok(ALICE && CAROL)
      place.put('accounts.json', accountsFile(['alice', 'carol']))
      const session = await scriptAdapter.open(config, env)
      try {
        await session.apply({ put: [ALICE, CAROL], remove: [] }, NEVER)
        place.put(
          'accounts.json',
          JSON.stringify({ 101: { user: 'carol', locked: true }, 102: { user: 'alice', locked: true } }),
        )
        assert.deepEqual((await session.observe('all', NEVER)).rules, [CAROL])
        await session.apply({ put: [], remove: [ALICE] }, NEVER)
        assert.match(readFileSync(join(place.data, 'accounts.json'), 'utf8'), /"alice","locked":true/)
      } finally {
        await session.close()
      }
    }))
})
