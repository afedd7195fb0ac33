import { it } from 'node:test'
import type { Nas } from '../../simulator/nas/nas.ts'
import { CONTRACT_STATIONS, contractAccounts } from '../../test/contract/arbitraries.ts'
import { adapterContract } from '../../test/contract/suite.ts'
import { noFreeradius, startFreeradius } from '../../test/helpers/freeradius.ts'
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

/** A real FreeRADIUS that does what a NAS does and tells of no sessions, so that it is asked by name. */
async function freeradius() {
  const server = await startFreeradius({ coa: { refusals: { 'contract3@campus.example': 503 } } })
  const scene = await Scene.start({ nas: [] })
  const { accounting: _, ...config } = scene.config
  const nas = { name: 'nas', address: '127.0.0.1', port: server.ports.coa, secret: 'file:nas', byName: true }
  return {
    config: { ...config, nas: [nas], release: { vlan: '10' } },
    env: { ...scene.env, secret: async () => server.secret },
    stop: async () => {
      await scene.stop()
      await server.dispose()
    },
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

const missing = noFreeradius()

if (missing === false)
  adapterContract({
    name: 'radius on a real FreeRADIUS that is asked by name',
    adapter: radiusAdapter,
    start: freeradius,
    small: (config) => ({ ...config, maxEntries: 5 }),
    numRuns: 5,
  })
else it('radius on a real FreeRADIUS', { skip: missing }, () => {})
