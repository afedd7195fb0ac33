import fc from 'fast-check'
import type { Capabilities } from '../../adapters/adapter.ts'
import { type Prefix, parsePrefix } from '../../src/domain/prefix.ts'
import { ACTIONS } from '../../src/domain/rule.ts'
import {
  buildInventory,
  type Device,
  type Inventory,
  type InventoryLists,
  type ProtectedEntry,
} from '../../src/inventory/inventory.ts'
import type { PlacementRule } from '../../src/placement/table.ts'
import { arbitraryPrefix, SPACE } from '../contract/arbitraries.ts'
import { ALL } from './everything.ts'

/** A device that can do everything, except where told otherwise. */
export function deviceNamed(
  name: string,
  capabilities: Partial<Capabilities> = {},
  more: Partial<Device> = {},
): Device {
  return {
    name,
    kind: 'memory',
    config: {},
    enforcers: [],
    urpf: true,
    ...more,
    capabilities: {
      ...ALL,
      evidence: 'enforcer',
      transactional: false,
      maxEntries: 1_000,
      batch: 100,
      inFlight: 2,
      ...capabilities,
    },
  }
}

export const NO_LISTS: InventoryLists = {
  own: [],
  departments: [],
  connections: [],
  addresses: [],
  consent: [],
  hostUnits: [],
  protected: [],
  reachable: [],
  devices: [],
  ingress: [],
}

export function siteOf(lists: Partial<InventoryLists>): Inventory {
  return buildInventory({ ...NO_LISTS, ...lists })
}

export function prefixes(...texts: readonly string[]): Prefix[] {
  return texts.map(parsePrefix)
}

/** What a placement is computed from, as lists, so that a test can turn their order. */
export interface Site {
  readonly lists: InventoryLists
  readonly table: readonly PlacementRule[]
}

export const DEPARTMENTS = ['physics', 'history'] as const
export const CONNECTIONS = ['museum', 'clinic'] as const
const DEVICES = ['edge', 'core', 'speaker'] as const

const anyPrefix = fc.constantFrom<4 | 6>(4, 6).chain(arbitraryPrefix)
const somePrefixes = fc.uniqueArray(anyPrefix, { minLength: 1, maxLength: 3 })

/** Any site: some space is own, departments and connections nest and overlap, some of it is protected. */
export function arbitrarySite(): fc.Arbitrary<Site> {
  const lists = fc.record({
    own: fc.subarray([SPACE[4], SPACE[6]]),
    departments: namedSets(DEPARTMENTS).map((sets) => sets.map((set) => ({ ...set, users: 100 }))),
    connections: namedSets(CONNECTIONS).map((sets) => sets.map((set) => ({ ...set, attachments: [] }))),
    addresses: fc.constant([]),
    consent: fc.constant([]),
    hostUnits: fc.constant([]),
    protected: fc.array(arbitraryProtected(), { maxLength: 4 }),
    reachable: fc.array(
      fc.record({ prefix: anyPrefix, name: fc.constantFrom('portal', 'resolver', 'mirror') }),
      { maxLength: 3 },
    ),
    devices: fc.tuple(...DEVICES.map(arbitraryDevice)),
    ingress: fc.constant([
      { name: 'upstream', coveredBy: ['edge', 'speaker'] },
      { name: 'exchange', coveredBy: ['core'] },
    ]),
  })
  const table = fc
    .array(arbitraryLine(), { maxLength: 3 })
    .map((lines) => lines.map((line, index) => ({ ...line, name: `line ${index}` })))
  return fc.record({ lists, table })
}

function namedSets(names: readonly string[]): fc.Arbitrary<{ name: string; prefixes: Prefix[] }[]> {
  return fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), prefixes: somePrefixes })))
}

function arbitraryProtected(): fc.Arbitrary<ProtectedEntry> {
  return fc.record({
    prefix: anyPrefix,
    role: fc.constantFrom<ProtectedEntry['role']>('source', 'destination', 'any'),
    name: fc.constantFrom('resolver', 'routers'),
  })
}

function arbitraryDevice(name: string): fc.Arbitrary<Device> {
  const most = <T>(all: readonly T[]): fc.Arbitrary<T[]> =>
    fc.oneof({ weight: 3, arbitrary: fc.constant<T[]>([...all]) }, fc.subarray([...all]))
  const capabilities = fc.record({
    kinds: most(ALL.kinds),
    components: most(ALL.components),
    actions: most(ALL.actions),
    families: most(ALL.families),
    exceptions: fc.boolean(),
    keeps: fc.boolean(),
  })
  return fc.tuple(capabilities, fc.boolean()).map(([can, urpf]) => deviceNamed(name, can, { urpf }))
}

/** Now and then a line names a device that is not there. */
function arbitraryLine(): fc.Arbitrary<Omit<PlacementRule, 'name'>> {
  const use = fc.record({
    device: fc.constantFrom(...DEVICES, ...DEVICES, 'nowhere'),
    as: fc.constantFrom(...ALL.kinds),
  })
  const when = fc.record(
    {
      target: fc.subarray(['host', 'department', 'connection'] as const, { minLength: 1 }),
      side: fc.constantFrom('own', 'outside'),
      direction: fc.subarray(['to', 'from', 'both'] as const, { minLength: 1 }),
      family: fc.constantFrom(4, 6),
      narrowed: fc.boolean(),
      action: fc.subarray([...ACTIONS], { minLength: 1 }),
      scope: fc.constant(['local']),
    },
    { requiredKeys: [] },
  )
  const condition = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, when)
  return fc.record({
    when: condition,
    use: fc.array(use, { minLength: 1, maxLength: 3 }),
  }) as fc.Arbitrary<Omit<PlacementRule, 'name'>>
}
