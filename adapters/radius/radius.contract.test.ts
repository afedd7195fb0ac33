import type { Nas } from '../../simulator/nas/nas.ts'
import { CONTRACT_STATIONS, contractAccounts } from '../../test/contract/arbitraries.ts'
import { adapterContract } from '../../test/contract/suite.ts'
import { radiusAdapter } from './index.ts'
import { Scene, type SceneOptions } from './testing/scene.ts'

/** NASes that have sessions of others, and of everybody whom the contract is about, all of whom are let in at the start. */
async function device(options: SceneOptions = {}) {
  const scene = await Scene.start(options)
  for (const nas of scene.nas) {
    await nas.connect({ user: 'other@campus.example', station: '02-00-5E-FF-00-01' })
    for (const user of contractAccounts({})) await nas.connect({ user, station: '02-00-5E-FF-00-02' })
    for (const mac of CONTRACT_STATIONS)
      await nas.connect({ user: 'other@campus.example', station: mac.toUpperCase().replaceAll(':', '-') })
  }
  return {
    config: scene.config,
    env: scene.env,
    stall: async () => {
      silence(scene.nas, true)
      return async () => silence(scene.nas, false)
    },
    stop: () => scene.stop(),
  }
}

function silence(all: readonly Nas[], silent: boolean): void {
  for (const nas of all) nas.faults.silent = silent
}

adapterContract({
  name: 'radius on simulated NASes that tell of their sessions',
  adapter: radiusAdapter,
  start: () => device({ nas: [{}, {}] }),
  small: (config) => ({ ...config, maxEntries: 5 }),
  numRuns: 15,
})
