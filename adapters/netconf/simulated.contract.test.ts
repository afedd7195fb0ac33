import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { adapterContract } from '../../test/contract/suite.ts'
import type { NetconfConfig } from './config.ts'
import { netconfAdapter } from './index.ts'
import { type Driver, deviceOn, type Simulated, simulate } from './testing/simulated.ts'

const FULL = { base11: true, confirmedCommit: '1.1', validate: true, startup: false }

/** Servers that differ in what they offer, and in how they write the same. */
const SERVERS: readonly { name: string; driver: Driver; options: Readonly<Record<string, unknown>> }[] = [
  { name: 'Junos, a candidate of our own', driver: 'junos', options: { routingEngines: ['re0', 're1'] } },
  {
    name: 'RFC 8519, base:1.0 and the running configuration alone',
    driver: 'ietf-acl',
    options: { profile: { ...FULL, base11: false, candidate: 'none', writableRunning: true } },
  },
  {
    name: 'RFC 8519, a shared candidate',
    driver: 'ietf-acl',
    options: { profile: { ...FULL, candidate: 'shared', writableRunning: false } },
  },
]

// They wait more than they work.
describe('netconf on simulated routers', { concurrency: SERVERS.length }, () => {
  for (const { name, driver, options } of SERVERS)
    describe(name, { concurrency: 1 }, () => {
      let simulated: Simulated | undefined
      before(async () => {
        simulated = await simulate(driver, options)
      })
      after(() => simulated?.stop())
      adapterContract({
        name,
        adapter: netconfAdapter,
        numRuns: 6,
        patience: 20_000,
        small: (config: NetconfConfig): NetconfConfig => ({ ...config, maxEntries: 8 }),
        withSwitch: (config: NetconfConfig, name): NetconfConfig => ({
          ...config,
          interfaces: [...(config.interfaces ?? []), name],
        }),
        start: async () => {
          assert.ok(simulated)
          return await deviceOn(simulated)
        },
      })
    })
})
