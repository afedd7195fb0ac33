// node --import tsx test/contract/mutant.ts NAME: runs the suite on one broken adapter, which should fail.
import type { MemoryDevice } from '../../adapters/memory/device.ts'
import { memoryDevice } from '../helpers/memory-fixture.ts'
import { MUTANTS, mutantAdapter } from './mutants.ts'
import { SWITCH_MUTANTS } from './mutants-switch.ts'
import { adapterContract } from './suite.ts'

const name = process.argv[2] ?? ''
const mutant = MUTANTS[name] ?? SWITCH_MUTANTS[name]
if (mutant === undefined) throw new Error(`no mutant '${name}'`)
const devices = new Map<string, MemoryDevice>()
const adapter = mutantAdapter(mutant, devices)
const config = mutant.config ?? { kinds: ['acl'], components: ['protocol'] }

adapterContract({
  name,
  adapter,
  start: async () => memoryDevice(adapter, devices, 'mutant', config),
  small: (config) => ({ ...config, maxEntries: 5 }),
  numRuns: 5,
  patience: 100,
})
