import type { createMemoryAdapter, MemoryConfig } from '../../adapters/memory/index.ts'
import type { WitnessAdapter } from '../../adapters/witness.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { Device, Enforcer, InventoryLists } from '../../src/inventory/inventory.ts'
import type { Feed } from './feed.ts'

/** Own space 192.0.2.0/24, 10.10.0.0/16 and 2001:db8::/32; the resolver and the CSIRT are protected. */
export function exampleSite(
  adapter: ReturnType<typeof createMemoryAdapter>,
  { edge = {}, witness }: { readonly edge?: MemoryConfig; readonly witness?: WitnessAdapter },
  feed: Feed,
): InventoryLists {
  const r1: Enforcer = { name: 'r1', witness: { kind: 'eye', config: {} }, seenWithin: 50 }
  const device = (name: string): Device => ({
    name,
    kind: 'memory',
    config: edge,
    capabilities: adapter.capabilities(edge),
    enforcers: witness !== undefined && name === 'edge-1' ? [r1] : [],
    urpf: true,
  })
  return {
    own: ['192.0.2.0/24', '10.10.0.0/16', '2001:db8::/32'].map(parsePrefix),
    departments: [
      { name: 'physics', prefixes: [parsePrefix('10.10.1.0/24')], users: 200 },
      { name: 'law', prefixes: [parsePrefix('10.10.2.0/24')], users: 50 },
    ],
    connections: [],
    addresses: [{ prefix: parsePrefix('10.10.9.1/32'), kind: 'shared', users: 400 }],
    consent: [],
    hostUnits: [{ prefix: parsePrefix('2001:db8::/32'), length: 64 }],
    reachable: [],
    protected: [
      { prefix: parsePrefix('192.0.2.53/32'), role: 'any', name: 'resolver' },
      { prefix: parsePrefix('10.10.0.16/28'), role: 'source', name: 'CSIRT' },
    ],
    devices: [device('edge-1'), device('edge-2'), ...feed.devices],
    ingress: [{ name: 'upstream', coveredBy: ['edge-1', 'edge-2'] }],
  }
}
