import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import type { RunningRouter } from '../../simulator/configured/router.ts'
import type { Fixture } from '../../test/contract/fixture.ts'
import { switchLaws } from '../../test/contract/laws-switch.ts'
import { adapterContract } from '../../test/contract/suite.ts'
import type { SshCliConfig, sshCliSchema } from './config.ts'
import { sshCliAdapter } from './index.ts'
import { iosContractDevice, NEIGHBOURS, PORTS, startIos } from './testing/ios-bench.ts'
import { allowing } from './testing/switch-fixture.ts'

describe('ios, with its log on the terminal', () => {
  let router: RunningRouter | undefined
  before(async () => {
    router = await startIos()
  })
  after(() => router?.stop())

  const fixture = (
    listed: Pick<SshCliConfig, 'interfaces' | 'neighbours'>,
  ): Fixture<typeof sshCliSchema> => ({
    name: 'ssh-cli, ios',
    adapter: sshCliAdapter,
    numRuns: 3,
    patience: 30_000,
    small: (config) => ({ ...config, maxEntries: 8 }),
    withSwitch: allowing,
    start: async () => {
      assert.ok(router)
      return await iosContractDevice(router, listed)
    },
  })
  adapterContract(fixture({ interfaces: [...PORTS] }))
  describe('neighbours', () => switchLaws(fixture({ neighbours: [...NEIGHBOURS] })))
})
