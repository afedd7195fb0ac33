// node --import tsx test/contract/mutant.ts: runs the suite on broken adapters, each of which should fail.
import type { MemoryDevice } from '../../adapters/memory/device.ts'
import { memoryDevice } from '../helpers/memory-fixture.ts'
import { MUTANTS, mutantAdapter } from './mutants.ts'
import { SWITCH_MUTANTS } from './mutants-switch.ts'
import { adapterContract } from './suite.ts'

for (const [name, mutant] of Object.entries({ ...MUTANTS, ...SWITCH_MUTANTS })) {
  const devices = new Map<string, MemoryDevice>()
  const adapter = mutantAdapter(mutant, devices)
  const config = mutant.config ?? { kinds: ['acl'], components: ['protocol'] }
  adapterContract({
    name,
    adapter,
    start: async () => memoryDevice(adapter, devices, 'mutant', config),
    small: (narrow) => ({ ...narrow, maxEntries: 5 }),
    // As many as a fault needs to be met that shows with few rules alone.
    numRuns: 40,
    patience: 100,
  })
}
