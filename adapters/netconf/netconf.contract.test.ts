import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { adapterContract } from '../../test/contract/suite.ts'
import { noSsh } from '../../test/helpers/netconf-by-hand.ts'
import { noNetconfd } from '../../test/helpers/netconfd.ts'
import type { NetconfConfig } from './config.ts'
import { netconfAdapter } from './index.ts'
import { type Bench, deviceOn, startBench } from './testing/netconfd-device.ts'

const skip = noNetconfd() || noSsh()

// Each waits for a server of its own.
describe('netconf on netconfd', { skip, concurrency: 2 }, () => {
  for (const driver of ['junos', 'ietf-acl'] as const)
    describe(`${driver} on netconfd`, { skip, concurrency: 1 }, () => {
      if (skip !== false) return
      let bench: Bench | undefined
      before(async () => {
        bench = await startBench(driver)
      })
      after(() => bench?.dispose())
      adapterContract({
        name: `netconf, ${driver}`,
        adapter: netconfAdapter,
        numRuns: 6,
        patience: 30_000,
        small: (config: NetconfConfig): NetconfConfig => ({ ...config, maxEntries: 8 }),
        start: async () => {
          assert.ok(bench)
          return await deviceOn(bench, driver)
        },
      })
    })
})
