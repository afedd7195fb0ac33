import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { type SwitchRule, switchRule } from '../../src/domain/rule.ts'
import type { Fixture } from '../../test/contract/fixture.ts'
import { switchLaws } from '../../test/contract/laws-switch.ts'
import type { DeviceChange, Session } from '../adapter.ts'
import { loginEnv } from '../configured/testing/login-env.ts'
import type { sshCliSchema } from './config.ts'
import { sshCliAdapter } from './index.ts'
import { type FrrBench, frrConfig, frrDevice, noFrrRouter, startFrrBench } from './testing/frr-bench.ts'
import { downIn, NEIGHBOURS, PORTS } from './testing/frr-switches.ts'
import { allowing } from './testing/switch-fixture.ts'

const skip = noFrrRouter()
const NEVER = new AbortController().signal
const PORT = switchRule('interface-down', 'port0')

describe('switches of frr, with vtysh behind sshd', { skip }, () => {
  if (skip !== false) return
  let bench: FrrBench | undefined
  before(async () => {
    bench = await startFrrBench()
  })
  after(() => bench?.dispose())

  const router = (): FrrBench => {
    assert.ok(bench)
    return bench
  }
  const fixture = (listed: Parameters<typeof frrDevice>[1]): Fixture<typeof sshCliSchema> => ({
    ...{ name: 'ssh-cli, frr', adapter: sshCliAdapter, patience: 30_000, withSwitch: allowing },
    start: async () => frrDevice(router(), { ...listed, lookEvery: 1 }),
  })
  describe('interfaces', () => switchLaws(fixture({ interfaces: [...PORTS] })))
  describe('neighbours', () => switchLaws(fixture({ neighbours: [...NEIGHBOURS] })))

  describe('interfaces that somebody turns past FRR', () => {
    let session: Session
    let changes: DeviceChange[] = []

    beforeEach(async () => {
      router().reset()
      const env = loginEnv({ 'file:key': router().sshd.privateKey })
      session = await sshCliAdapter.open(
        { ...frrConfig(router()), interfaces: [...PORTS], lookEvery: 1 },
        env,
      )
      changes = []
      session.onChange?.((change) => changes.push(change))
    })
    afterEach(() => session.close())

    const link = (to: 'up' | 'down'): string => router().netns.run('ip', 'link', 'set', 'dev', PORT.name, to)
    const put = async (rule: SwitchRule): Promise<string | undefined> =>
      (await session.apply({ put: [rule], remove: [] }, NEVER)).get(rule.key)?.result

    it('are told by the kernel, whatever the configuration says, and go down once more', async () => {
      assert.equal(await put(PORT), 'done')
      link('up')
      assert.match(router().byHand('show running-config zebra'), /interface port0\n shutdown/)
      await eventually('it to be told', 10_000, () =>
        changes.some((one) => one.type === 'seen' && one.key === PORT.key && !one.present),
      )
      assert.equal(await put(PORT), 'done')
      assert.deepEqual(downIn(router()), [PORT])
      await session.apply({ put: [], remove: [PORT] }, NEVER)
      assert.deepEqual(downIn(router()), [])
      assert.doesNotMatch(router().byHand('show running-config zebra'), /shutdown/)
    })

    it('that are down stay down, and nothing is written', async () => {
      link('down')
      assert.equal(await put(PORT), 'done')
      assert.doesNotMatch(router().byHand('show running-config zebra'), /shutdown/)
      await session.apply({ put: [], remove: [PORT] }, NEVER)
      assert.deepEqual(downIn(router()), [PORT])
    })
  })
})
