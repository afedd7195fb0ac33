import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { adapterContract } from '../../test/contract/suite.ts'
import { makeNetns } from '../../test/helpers/netns.ts'
import type { Sshd } from '../../test/helpers/sshd.ts'
import type { NftConfig } from './config.ts'
import { nftAdapter } from './index.ts'
import { farConfig, farEnv, noFarBench, SECRETS, startFarSshd } from './testing/far-bench.ts'
import { nftDevice } from './testing/nft-device.ts'

const skip = noFarBench()

describe('with nftables behind sshd', { skip }, () => {
  if (skip !== false) return
  let sshd: Sshd | undefined
  before(async () => {
    sshd = await startFarSshd()
  })
  after(() => sshd?.dispose())
  adapterContract({
    name: 'nft, over SSH',
    adapter: nftAdapter,
    numRuns: 3,
    patience: 15_000,
    secret: SECRETS['file:password'],
    small: (config: NftConfig): NftConfig => ({ ...config, maxEntries: 8 }),
    start: async () => {
      assert.ok(sshd)
      const { cut } = sshd
      const netns = makeNetns()
      return nftDevice(netns, { config: farConfig(sshd, netns), env: farEnv(sshd), cut })
    },
  })
})
