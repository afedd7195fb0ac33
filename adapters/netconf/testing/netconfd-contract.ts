import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { adapterContract } from '../../../test/contract/suite.ts'
import { noSsh } from '../../../test/helpers/netconf-by-hand.ts'
import { noNetconfd } from '../../../test/helpers/netconfd.ts'
import type { Check } from '../../adapter.ts'
import type { NetconfConfig } from '../config.ts'
import { netconfAdapter } from '../index.ts'
import { type Bench, configFor, deviceOn, envFor, type Model, startBench } from './netconfd-device.ts'

/** Why there can be no such server here, or false: what `skip` of a test takes. */
export const skip = noNetconfd() || noSsh()

/** The laws of the contract for one data model on a real server, and that what it provisions is what it needs. */
export function netconfdContract(model: Model): void {
  describe(`${model.driver} on netconfd`, { skip, concurrency: 1 }, () => {
    if (skip !== false) return
    let bench: Bench | undefined
    before(async () => {
      bench = await startBench(model)
    })
    after(() => bench?.dispose())

    it('what is lacking on a bare server is installed, is all that is needed, and is no rule', async () => {
      assert.ok(bench)
      const [config, env, signal] = [configFor(bench), envFor(bench), new AbortController().signal]
      const look = async (): Promise<readonly Check[]> =>
        (await netconfAdapter.check?.(config, env, signal))?.filter(({ what }) => what === 'containers') ?? []
      assert.match((await look())[0]?.words ?? '', /it lacks/)
      const installed = await netconfAdapter.install?.(config, env, signal)
      assert.notDeepEqual(installed?.done, [])
      assert.deepEqual((await netconfAdapter.install?.(config, env, signal))?.done, [])
      assert.match((await look())[0]?.words ?? '', /they are there/)
      const session = await netconfAdapter.open(config, env)
      try {
        const { rules, foreign } = await session.observe('all', signal)
        assert.deepEqual([rules, foreign], [[], 0])
      } finally {
        await session.close()
      }
    })

    adapterContract({
      name: `netconf, ${model.driver}`,
      adapter: netconfAdapter,
      numRuns: 6,
      patience: 30_000,
      small: (config: NetconfConfig): NetconfConfig => ({ ...config, maxEntries: 8 }),
      start: async () => {
        assert.ok(bench)
        return await deviceOn(bench)
      },
    })
  })
}
