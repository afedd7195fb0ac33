import type { Collateral } from '../domain/block.ts'
import { type Prefix, prefixesOverlap, prefixFamily, prefixLength, prefixSize } from '../domain/prefix.ts'
import type { IdentityTarget } from '../domain/target.ts'
import { isVisitor } from '../inventory/identities.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'

/** What the prefixes of a block hit, computed before anything is applied. */
export interface Hits {
  readonly ipv4Addresses: number
  /** IPv6 hosts, in the host unit of each place: /128, /64 or /56. */
  readonly ipv6Hosts: number
  /** Users behind shared addresses. */
  readonly sharedUsers: number
  readonly departments: readonly string[]
  readonly connections: readonly string[]
  /** Whether something outside own space is among it. */
  readonly outside: boolean
  /** Hosts of own space, of either family; an account of ours and a station are one. */
  readonly ownHosts: number
  /** The account that it is about. */
  readonly accounts: readonly string[]
}

/** What a block hits. */
export interface Radius extends Hits {
  /** What it hits beyond what the block names, as permitted, where devices cannot be exact. */
  readonly widened: readonly Collateral[]
}

/** Computes what a block on these prefixes hits. */
export function computeHits(prefixes: readonly Prefix[], inventory: Inventory): Hits {
  let ipv4Addresses = 0
  let ipv6Hosts = 0
  let ownHosts = 0
  const departments = new Set<string>()
  const shared = new Map<Prefix, number>()
  for (const prefix of prefixes) {
    const hosts = hostsIn(prefix, inventory)
    if (prefixFamily(prefix) === 4) ipv4Addresses += hosts
    else ipv6Hosts += hosts
    if (isOwn(inventory, prefix)) ownHosts += hosts
    for (const [, name] of inventory.departmentOf.overlapping(prefix)) departments.add(name)
    for (const [range, users] of sharedUnder(prefix, inventory)) shared.set(range, users)
  }
  return {
    ipv4Addresses,
    ipv6Hosts,
    sharedUsers: [...shared.values()].reduce((sum, users) => sum + users, 0),
    departments: [...departments].sort(),
    connections: connectionsOf(prefixes, inventory),
    outside: prefixes.some((prefix) => !isOwn(inventory, prefix)),
    ownHosts,
    accounts: [],
  }
}

/** What a block of an account or a station hits: whoever that is, wherever they are. */
export function hitsOfIdentity(target: IdentityTarget, inventory: Inventory): Hits {
  const department = inventory.accounts.departmentOf(target)
  return {
    ...computeHits([], inventory),
    departments: department === undefined ? [] : [department],
    ownHosts: isVisitor(inventory, target) ? 0 : 1,
    accounts: target.kind === 'account' ? [target.name] : [],
  }
}

/** Hosts in a prefix: IPv4 addresses, or IPv6 host units. */
export function hostsIn(prefix: Prefix, inventory: Inventory): number {
  if (prefixFamily(prefix) === 4) return Number(prefixSize(prefix))
  const unit = inventory.hostUnits.covering(prefix).at(-1)?.[1].length ?? 128
  return 2 ** Math.max(0, unit - prefixLength(prefix))
}

function sharedUnder(prefix: Prefix, inventory: Inventory): [Prefix, number][] {
  const found: [Prefix, number][] = []
  const covering = inventory.addresses.covering(prefix).at(-1)?.[1]
  if (covering?.kind === 'shared') found.push([prefix, covering.users * addressesIn(prefix)])
  for (const [range, entry] of inventory.addresses.inside(prefix)) {
    if (entry.kind === 'shared') found.push([range, entry.users * addressesIn(range)])
  }
  return found
}

/** Addresses in a prefix; IPv6 ranges count as one, whose users the inventory states for the whole range. */
function addressesIn(prefix: Prefix): number {
  return prefixFamily(prefix) === 4 ? Number(prefixSize(prefix)) : 1
}

function connectionsOf(prefixes: readonly Prefix[], inventory: Inventory): string[] {
  const names: string[] = []
  for (const connection of inventory.connections.values()) {
    if (prefixes.some((prefix) => connection.prefixes.some((own) => prefixesOverlap(own, prefix))))
      names.push(connection.name)
  }
  return names.sort()
}
