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
    keeps: false,
    actions: ['drop'],
    families: [4],
  }),
  small: (config) => ({ ...config, maxEntries: 4 }),
  numRuns: 5,
  patience: 2_000,
})

/** Of a directory, and of what holds sessions. */
const ACCOUNTS = Object.fromEntries(
  Array.from({ length: 16 }, (_, n) => [`contract${n}@campus.example`, 'up' as const]),
)

adapterContract({
  name: 'memory with accounts and sessions',
  adapter,
  start: start('identities', { kinds: ['account-locked', 'no-session'], switches: ACCOUNTS }),
  numRuns: 15,
  patience: 2_000,
})

const PORTS = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`eth${n}`, 'up' as const]))

/** Beside entries, and as one that has nothing else. */
for (const config of [
  { kinds: ['acl', 'neighbour-down'], components: ['protocol'] },
  { kinds: ['interface-down'] },
] as const)
  adapterContract({
    name: `memory with ${config.kinds.join(' and ')}`,
    adapter,
    start: start('switches', { ...config, kinds: [...config.kinds], components: [], switches: PORTS }),
    withSwitch: (known, name) => ({ ...known, switches: { ...known.switches, [name]: 'absent' as const } }),
    numRuns: 15,
    patience: 2_000,
  })

adapterContract({
  name: 'memory that cannot tell',
  adapter,
  start: start('blind', {
    evidence: 'none',
    families: [6],
    kinds: ['acl', 's-rtbh'],
    exceptions: false,
    keeps: false,
  }),
  numRuns: 5,
  patience: 2_000,
})
