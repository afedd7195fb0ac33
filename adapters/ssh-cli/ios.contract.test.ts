import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import type { RunningRouter } from '../../simulator/configured/router.ts'
import { adapterContract } from '../../test/contract/suite.ts'
import type { SshCliConfig } from './config.ts'
import { sshCliAdapter } from './index.ts'
import { iosContractDevice, startIos } from './testing/ios-bench.ts'

describe('ios, with its log on the terminal', () => {
  let router: RunningRouter | undefined
  before(async () => {
    router = await startIos()
  })
  after(() => router?.stop())
  adapterContract({
    name: 'ssh-cli, ios',
    adapter: sshCliAdapter,
    numRuns: 3,
    patience: 30_000,
    small: (config: SshCliConfig): SshCliConfig => ({ ...config, maxEntries: 8 }),
    start: async () => {
      assert.ok(router)
      return await iosContractDevice(router)
    },
  })
})
