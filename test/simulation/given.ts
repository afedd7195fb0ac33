import type { MemoryConfig } from '../../adapters/memory/index.ts'
import type { Role } from '../../src/domain/role.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/guards/limits.ts'
import type { PlacementRule } from '../../src/placement/table.ts'

/** Devices of different make: two that filter, one that only drops to a host, one with hardly any room. */
export const CONFIGS: Readonly<Record<string, MemoryConfig>> = {
  filter: { batch: 7, inFlight: 2 },
  other: { batch: 100, inFlight: 1, evidence: 'none', flowOrder: 'rfc8955' },
  speaker: { kinds: ['d-rtbh'], actions: ['drop'], evidence: 'speaker', batch: 5, inFlight: 2 },
  small: { maxEntries: 12, batch: 3, inFlight: 1 },
}

export const PLACEMENTS: readonly PlacementRule[] = [
  {
    name: 'named',
    when: { target: ['department', 'connection'] },
    use: [
      { device: 'filter', as: 'acl' },
      { device: 'other', as: 'flow' },
      { device: 'small', as: 'acl' },
    ],
  },
  {
    name: 'narrowed',
    when: { narrowed: true },
    use: [
      { device: 'filter', as: 'acl' },
      { device: 'other', as: 'flow' },
    ],
  },
  {
    name: 'limited',
    when: { action: ['rate-limit'] },
    use: [
      { device: 'filter', as: 'acl' },
      { device: 'other', as: 'flow' },
    ],
  },
  {
    name: 'to',
    when: { direction: ['to', 'both'] },
    use: [
      { device: 'speaker', as: 'd-rtbh' },
      { device: 'filter', as: 'acl' },
      { device: 'small', as: 'acl' },
    ],
  },
  {
    name: 'rest',
    when: {},
    use: [
      { device: 'filter', as: 'acl' },
      { device: 'other', as: 'flow' },
    ],
  },
]

export const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  wide: { ...DEFAULT_LIMITS.wide, ownHostsInADay: 400 },
  // Short enough for a simulation to see them go by.
  proposals: { lapse: 900_000, waiting: 12, emergency: 300_000, emergencies: 12 },
  roles: { analyst: { active: 200 }, trigger: { active: 12 } },
  breaker: {
    ...{ perMinute: 4, perHour: 60, hosts: 8, departmentHosts: 5, departmentShare: 0.1 },
    ...{ allPerMinute: 6, allPerHour: 90, allHosts: 12 },
  },
}

/** Whoever runs the controller has made them known. */
export const PEOPLE: Readonly<Record<string, readonly Role[]>> = {
  ann: ['analyst'],
  ben: ['analyst', 'approver'],
  cas: ['approver'],
  dora: ['noc', 'admin'],
}

export const MACHINES = ['flows', 'traps'] as const
