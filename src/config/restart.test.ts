import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { type LoadedInventory, loadConfig, loadInventory } from './load.ts'
import { whatNeedsRestart } from './restart.ts'

const REGISTRY = { adapters: allAdapters(), witnesses: allWitnesses() }
const DEVICES = 'devices:\n  - { name: edge, kind: memory }\n'
const PLACEMENTS = 'placements:\n  - { name: all, when: {}, use: [{ device: edge, as: acl }] }\n'

describe('a configuration that is read again', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-restart-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(site: string, rest = DEVICES, placements = PLACEMENTS): Promise<LoadedInventory> {
    await writeFile(join(folder, 'placement.yaml'), placements)
    await writeFile(join(folder, 'cordon.yaml'), `placements: placement.yaml\nsite: ${site}\n${rest}`)
    return loadInventory(join(folder, 'cordon.yaml'), REGISTRY)
  }

  it('needs no restart for what a site says about itself', async () => {
    const { fixed } = await load('{ own: [192.0.2.0/24] }')
    const running = await loadConfig(join(folder, 'cordon.yaml'), REGISTRY)
    assert.deepEqual(whatNeedsRestart(running, fixed), [])
    const later = await load('{ own: [198.51.100.0/24], essentials: false }')
    assert.deepEqual(whatNeedsRestart(running, later.fixed), [])
  })

  it('names what cannot change without one', async () => {
    const { fixed } = await load('{ own: [] }')
    const others = await load(
      '{ own: [] }',
      `devices:
  - { name: edge, kind: memory, urpf: true }
  - { name: core, kind: memory }
listen: { port: 1 }
limits: { roles: { analyst: { active: 1 } } }
logLevel: warn
ledger: { folder: other/ledger }
`,
      PLACEMENTS.replace('all', 'each'),
    )
    const parts = ['listen', 'ledger', 'accessFile', 'logLevel', 'placements', 'bindings', 'limits']
    assert.deepEqual(whatNeedsRestart(fixed, others.fixed), [...parts, 'devices.core', 'devices.edge'])
  })
})
