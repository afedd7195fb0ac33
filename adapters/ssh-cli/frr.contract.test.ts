import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { adapterContract } from '../../test/contract/suite.ts'
import type { SshCliConfig } from './config.ts'
import { sshCliAdapter } from './index.ts'
import { type FrrBench, frrDevice, noFrrRouter, startFrrBench } from './testing/frr-bench.ts'

const skip = noFrrRouter()

describe('frr, with vtysh behind sshd', { skip }, () => {
  if (skip !== false) return
  let bench: FrrBench | undefined
  before(async () => {
    bench = await startFrrBench()
  })
  after(() => bench?.dispose())
  adapterContract({
    name: 'ssh-cli, frr',
    adapter: sshCliAdapter,
    numRuns: 4,
    patience: 30_000,
    small: (config: SshCliConfig): SshCliConfig => ({ ...config, maxEntries: 8 }),
    start: async () => {
      assert.ok(bench)
      return frrDevice(bench)
    },
  })
})
