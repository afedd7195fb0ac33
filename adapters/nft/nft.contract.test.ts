import { describe } from 'node:test'
import { adapterContract } from '../../test/contract/suite.ts'
import { makeNetns, noNetns } from '../../test/helpers/netns.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import type { NftConfig } from './config.ts'
import { nftAdapter } from './index.ts'
import { testEnv } from './testbed.ts'
import { nftDevice } from './testing/nft-device.ts'

const skip = noNetns('nft', 'perl')

describe('with nftables', { skip }, () => {
  if (skip !== false) return
  adapterContract({
    name: 'nft',
    adapter: nftAdapter,
    numRuns: 12,
    small: (config: NftConfig): NftConfig => ({ ...config, maxEntries: 8 }),
    start: async () => {
      const netns = makeNetns()
      const cut = (): void => {
        for (const pid of netns.pids()) process.kill(pid, 'SIGKILL')
      }
      return nftDevice(netns, { config: { namespace: netns.name }, env: testEnv(realClock()), cut })
    },
  })
})
