import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { AdapterError } from '../../adapters/adapter.ts'
import { ByHand } from '../../adapters/script/by-hand.ts'
import { whoOf } from '../../adapters/script/panel.ts'
import { Script } from '../../adapters/script/script.ts'
import { identityRule } from '../../src/domain/rule.ts'
import { switchEnv } from '../helpers/switch-env.ts'
import type { ScriptSite } from './site-script.ts'

/** What of a script no adapter shows: it is asked without one. */
export function scriptLaws(site: ScriptSite): void {
  const [one = '', other = ''] = site.accounts
  const law = (name: string, run: (hand: ByHand, script: Script, t: TestContext) => Promise<void>): void => {
    it(name, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'cordon-s-'))
      try {
        const env = { ...switchEnv('script'), runtimeFolder: folder, secret: site.secret }
        const script = await Script.open(site.config, env, never())
        const hand = new ByHand(script, env.clock, never())
        await hand.giveBack([...site.accounts, site.bystander])
        await run(hand, script, t)
        await hand.giveBack([...site.accounts, site.bystander])
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }

  law('asked about nobody, it answers for nobody', async (_, script) => {
    const told = await script.read({ operation: 'read', kind: 'account-locked', who: [] }, never())
    assert.equal(told.size, 0)
  })

  law('to lock what is locked, and to unlock what is not, is harmless', async (hand) => {
    for (const to of ['down', 'up'] as const)
      for (let time = 0; time < 2; time += 1) {
        await hand.turn(one, to)
        assert.equal(await hand.read(one), to)
        assert.equal(await hand.read(other), 'up')
      }
  })

  law('to turn one leaves everybody else as they are', async (hand) => {
    const everybody = [...site.accounts, site.bystander]
    const locked = async (): Promise<string[]> =>
      [...(await hand.readAll(everybody))].flatMap(([name, at]) => (at === 'down' ? name : []))
    await hand.turn(one, 'down')
    assert.deepEqual(await locked(), [one])
    await hand.turn(other, 'down')
    await hand.turn(one, 'up')
    assert.deepEqual(await locked(), [other])
  })

  law('once it is asked by an id, the name counts no more', async (hand, script, t) => {
    const [id, mine] = [await hand.idOf(other), await hand.idOf(one)]
    if (id === undefined)
      return t.diagnostic(
        'this script tells no ids: whoever gets the name of a locked account is taken for it',
      )
    assert.notEqual(id, mine, 'two accounts have two ids')
    const who = whoOf(identityRule('account-locked', one), id)
    await script.turn({ operation: 'turn', kind: 'account-locked', to: 'down', who }, never())
    const told = await script.read({ operation: 'read', kind: 'account-locked', who: [who] }, never())
    assert.deepEqual(told.get(one), { at: 'down', mark: id })
    const stand = { [one]: await hand.read(one), [other]: await hand.read(other) }
    assert.deepEqual(stand, { [one]: 'up', [other]: 'down' }, `it was told of the id of ${other}`)
  })

  for (const [what, wrong] of [
    ['an operation', { operation: 'no-such-operation' }],
    ['a kind', { kind: 'no-such-kind' }],
    ['a protocol', { protocol: 999 }],
  ] as const)
    law(`${what} that it does not know is refused, and changes nothing`, async (hand, script) => {
      const who = whoOf(identityRule('account-locked', one), await hand.idOf(one))
      const request = { operation: 'turn', kind: 'account-locked', to: 'down', who, ...wrong }
      await assert.rejects(script.turn(request as never, never()), (error) => {
        assert.ok(error instanceof AdapterError)
        assert.ok(['script-error', 'script-failed'].includes(error.code), error.message)
        return true
      })
      assert.equal(await hand.read(one), 'up')
    })
}

function never(): AbortSignal {
  return new AbortController().signal
}
