import type { createMemoryAdapter, MemoryConfig } from '../../adapters/memory/index.ts'
import type { Device, InventoryLists } from '../../src/inventory/inventory.ts'
import type { PlacementRule } from '../../src/placement/table.ts'

export const DIRECTORY: MemoryConfig = {
  kinds: ['account-locked'],
  switches: Object.fromEntries(
    ['alice', 'bob', 'carol'].map((user) => [`${user}@campus.example`, 'up' as const]),
  ),
}
export const SESSIONS: MemoryConfig = { kinds: ['no-session'] }

/** A directory of the site's own realm and something that ends sessions, beside what there is. */
export function withAccounts(adapter: ReturnType<typeof createMemoryAdapter>) {
  const device = (name: string, config: MemoryConfig): Device => ({
    ...{ name, kind: 'memory', config, capabilities: adapter.capabilities(config) },
    ...{ enforcers: [], urpf: false },
  })
  return (lists: InventoryLists): InventoryLists => ({
    ...lists,
    departments: lists.departments.map((one) =>
      one.name === 'physics'
        ? { ...one, accounts: ['alice@campus.example', '@physics.campus.example'] }
        : one,
    ),
    contacts: [...(lists.contacts ?? []), { name: 'home', mail: 'abuse@other.example' }],
    devices: [...lists.devices, device('directory', DIRECTORY), device('radius', SESSIONS)],
    accounts: {
      realms: ['campus.example', 'physics.campus.example'],
      protected: [
        { who: 'root@campus.example', name: 'the emergency account' },
        { who: '@service.campus.example', name: 'services' },
        { who: '02:00:5e:10:00:99', name: 'the wireless controller' },
      ],
      visitors: [{ realm: 'other.example', contact: 'home' }],
    },
  })
}

export const ACCOUNT_PLACEMENTS: readonly PlacementRule[] = [
  {
    name: 'accounts are locked, and their sessions end',
    when: { target: ['account'] },
    use: [
      { device: 'directory', as: 'account-locked' },
      { device: 'radius', as: 'no-session' },
    ],
  },
  { name: 'stations', when: { target: ['station'] }, use: [{ device: 'radius', as: 'no-session' }] },
  {
    name: 'own hosts, and their stations',
    when: { target: ['host'], side: 'own' },
    use: [
      { device: 'edge-1', as: 'acl' },
      { device: 'edge-2', as: 'acl' },
      { device: 'radius', as: 'no-session' },
    ],
  },
]
