import { type Prefix, parsePrefix } from '../../src/domain/prefix.ts'
import type { Device, InventoryLists } from '../../src/inventory/inventory.ts'
import { chance, pick, type Random } from '../helpers/random.ts'

/** What of the simulated site changes while it runs: which of its forms each part has. */
export interface Form {
  readonly physics: number
  readonly law: number
  readonly uplink: number
  readonly agreement: boolean
  readonly reachable: number
  /** Of {@link GUARDED}, beside the resolver. */
  readonly guarded: readonly number[]
}

export const FIRST_FORM: Form = {
  physics: 0,
  law: 0,
  uplink: 0,
  agreement: false,
  reachable: 0,
  guarded: [0],
}

/** Hosts of the plain steps are 10.0.0.0 to 10.0.0.29: physics and its lab share them. */
const PHYSICS = [['10.0.0.0/28'], ['10.0.0.0/29'], ['10.0.0.0/28', '10.0.0.16/29']]
const LAW = [['10.0.1.0/26'], ['10.0.1.0/27'], ['10.0.1.0/25'], ['10.0.1.64/26']]
const UPLINK = [
  ['10.0.2.0/28', '2001:db8:2::/64'],
  ['10.0.2.0/29'],
  ['10.0.2.0/28', '10.0.2.32/28', '2001:db8:2::/64'],
]
const REACHABLE = [
  [['10.0.3.10/32', 'portal']],
  [
    ['10.0.3.10/32', 'portal'],
    ['198.51.100.0/28', 'mirror'],
  ],
  [],
] as const

const GUARDED = [
  { prefix: '10.0.1.20/32', role: 'any', name: 'file server' },
  { prefix: '10.0.1.72/30', role: 'any', name: 'telephones' },
  { prefix: '10.0.1.9/32', role: 'destination', name: 'door' },
  { prefix: '10.0.2.3/32', role: 'source', name: 'probe' },
  { prefix: '10.0.0.12/30', role: 'any', name: 'clocks' },
  { prefix: '10.0.0.24/32', role: 'any', name: 'mail' },
  { prefix: '10.0.4.5/32', role: 'any', name: 'lock' },
] as const

/** The site in this form. */
export function siteIn(form: Form, devices: readonly Device[]): InventoryLists {
  const some = (all: readonly (readonly string[])[], at: number): Prefix[] => (all[at] ?? []).map(parsePrefix)
  return {
    own: ['10.0.0.0/16', '2001:db8::/32'].map(parsePrefix),
    departments: [
      { name: 'physics', prefixes: some(PHYSICS, form.physics), users: 400 },
      { name: 'lab', prefixes: [parsePrefix('10.0.0.4/30')], users: 40, parent: 'physics' },
      { name: 'law', prefixes: some(LAW, form.law), users: 200 },
    ],
    connections: [
      { name: 'uplink', prefixes: some(UPLINK, form.uplink), attachments: [], agreement: form.agreement },
    ],
    addresses: [
      { prefix: parsePrefix('10.0.4.0/28'), kind: 'dhcp', users: 1, lease: 'follow' },
      { prefix: parsePrefix('10.0.4.16/28'), kind: 'dhcp', users: 1, lease: 'flag' },
    ],
    consent: [],
    hostUnits: [],
    reachable: (REACHABLE[form.reachable] ?? []).map(([prefix, name]) => ({
      prefix: parsePrefix(prefix),
      name,
    })),
    protected: [
      { prefix: parsePrefix('10.0.0.1/32'), role: 'any', name: 'resolver' },
      ...form.guarded.flatMap((at) => {
        const entry = GUARDED[at]
        return entry === undefined ? [] : [{ ...entry, prefix: parsePrefix(entry.prefix) }]
      }),
    ],
    devices,
    ingress: [],
  }
}

/** One part of the site in another form. */
export function changedForm(form: Form, random: Random): Form {
  const other = (all: readonly unknown[]): number => Math.floor(random() * all.length)
  switch (Math.floor(random() * 7)) {
    case 0:
      return { ...form, physics: other(PHYSICS) }
    case 1:
      return { ...form, law: other(LAW) }
    case 2:
      return { ...form, uplink: other(UPLINK) }
    case 3:
      return { ...form, agreement: !form.agreement }
    case 4:
      return { ...form, reachable: other(REACHABLE) }
    default:
      return { ...form, guarded: GUARDED.map((_, at) => at).filter(() => chance(random, 0.25)) }
  }
}

/** Something that one person may not block alone. */
export function wideTarget(random: Random): string {
  const named = ['department:physics', 'department:lab', 'department:law', 'connection:uplink']
  return pick(random, [...named, '10.0.6.0/27', '10.0.1.0/27', '10.0.7.0/26']) ?? ''
}
