// node --import tsx test/contract/mutant.ts NAME: runs the suite on one broken adapter, which should fail.
import type { MemoryDevice } from '../../adapters/memory/device.ts'
import { memoryDevice } from '../helpers/memory-fixture.ts'
import { MUTANTS, mutantAdapter } from './mutants.ts'
import { adapterContract } from './suite.ts'

const name = process.argv[2] ?? ''
const mutant = MUTANTS[name]
if (mutant === undefined) throw new Error(`no mutant '${name}'`)
const devices = new Map<string, MemoryDevice>()
const adapter = mutantAdapter(mutant.breaks, devices)

adapterContract({
  name,
  adapter,
  start: async () => memoryDevice(adapter, devices, 'mutant', { kinds: ['acl'], components: ['protocol'] }),
  small: (config) => ({ ...config, maxEntries: 5 }),
  numRuns: 5,
  patience: 100,
})
