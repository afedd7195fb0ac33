import { hash } from 'node:crypto'
import { type AccountLists, NO_ACCOUNTS } from './accounts.ts'
import type { InventoryLists } from './inventory.ts'

/** Everything that was read about a site, except what follows from it. Which comes first in a list means nothing. */
export function inventoryDigest(lists: InventoryLists): string {
  const named = Object.entries(entriesOf(lists)).map(([kind, entries]) => [
    kind,
    [
      ...new Set(
        entries.map(({ name, prefixes, fields }) => canonical([name, sortedTexts(prefixes), fields])),
      ),
    ].sort(),
  ])
  return hash('sha256', canonical(named), 'hex')
}

/** Text that is the same for values that say the same, in whatever order their fields stand. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

export function sortedTexts<T extends string>(texts: readonly T[]): T[] {
  return [...new Set(texts)].sort()
}

/** The lists that an inventory is made of, but the hosts, of which there may be a hundred thousand. */
export const KINDS = [
  'own',
  'department',
  'connection',
  'contact',
  'address',
  'host-unit',
  'protected',
  'realm',
  'visitor',
  'reachable',
  'consent',
  'ingress',
  'device',
  'host',
] as const
export type Kind = (typeof KINDS)[number]

/** One entry of a list: what it is called, the space that it has, and everything else that it says. */
export interface Entry {
  readonly name: string
  readonly prefixes: InventoryLists['own']
  readonly fields: Readonly<Record<string, unknown>>
}

function realmEntries({ realms, visitors }: AccountLists): Record<'realm' | 'visitor', Entry[]> {
  return {
    realm: realms.map((name) => ({ name, prefixes: [], fields: {} })),
    visitor: visitors.map(({ realm: name, ...fields }) => ({ name, prefixes: [], fields })),
  }
}

/** Every list as entries of one shape. A range has its prefix as its name as well. */
export function entriesOf(lists: InventoryLists): Record<Kind, Entry[]> {
  const named = <T extends { name: string; prefixes: Entry['prefixes'] }>({
    name,
    prefixes,
    ...fields
  }: T): Entry => ({
    name,
    prefixes,
    fields,
  })
  const ranged = <T extends { prefix: Entry['prefixes'][number] }>({ prefix, ...fields }: T): Entry => ({
    name: prefix,
    prefixes: [prefix],
    fields,
  })
  const plain = <T extends { name: string }>({ name, ...fields }: T): Entry => ({
    name,
    prefixes: [],
    fields,
  })
  return {
    own: [{ name: 'own', prefixes: lists.own, fields: {} }],
    department: lists.departments.map(named),
    connection: lists.connections.map(named),
    contact: (lists.contacts ?? []).map(plain),
    address: lists.addresses.map(ranged),
    'host-unit': lists.hostUnits.map(ranged),
    protected: [
      ...lists.protected.map(({ name, prefix, ...fields }) => ({ name, prefixes: [prefix], fields })),
      ...(lists.accounts?.protected ?? []).map(plain),
    ],
    ...realmEntries(lists.accounts ?? NO_ACCOUNTS),
    reachable: lists.reachable.map(({ name, prefix }) => ({ name, prefixes: [prefix], fields: {} })),
    consent: lists.consent.map(ranged),
    ingress: lists.ingress.map(plain),
    // What a device can do follows from its kind and configuration.
    device: lists.devices.map(({ capabilities: _, ...device }) => plain(device)),
    host: (lists.hosts ?? []).map(({ name, address, ...fields }) => ({ name, prefixes: [address], fields })),
  }
}
