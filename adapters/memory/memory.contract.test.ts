import { adapterContract } from '../../test/contract/suite.ts'
import { memoryDevice } from '../../test/helpers/memory-fixture.ts'
import type { MemoryDevice } from './device.ts'
import { createMemoryAdapter, type MemoryConfig } from './index.ts'

const DEVICES = new Map<string, MemoryDevice>()
const adapter = createMemoryAdapter(DEVICES)

const start = (name: string, config: MemoryConfig) => async () => memoryDevice(adapter, DEVICES, name, config)

adapterContract({
  name: 'memory',
  adapter,
  start: start('whole', { counts: true }),
  scopes: ['local', 'region:north', 'upstream:transit'],
  small: (config) => ({ ...config, maxEntries: 5 }),
  numRuns: 50,
  patience: 2_000,
})

adapterContract({
  name: 'memory, slow and narrow',
  adapter,
  start: start('narrow', {
    latencyMs: 1,
    batch: 3,
    inFlight: 1,
    evidence: 'speaker',
    kinds: ['flow', 'd-rtbh'],
    components: ['protocol', 'destinationPort', 'tcpFlags'],
    exceptions: false,
    actions: ['drop'],
    families: [4],
  }),
  small: (config) => ({ ...config, maxEntries: 4 }),
  numRuns: 5,
  patience: 2_000,
})

adapterContract({
  name: 'memory that cannot tell',
  adapter,
  start: start('blind', { evidence: 'none', families: [6], kinds: ['acl', 's-rtbh'], exceptions: false }),
  numRuns: 5,
  patience: 2_000,
})
