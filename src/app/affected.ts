import type { BlockSpec } from '../domain/block.ts'
import type { Prefix } from '../domain/prefix.ts'
import { type ContactAnswer, contactsFor } from '../inventory/contacts.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { KnownHost } from '../inventory/known-hosts.ts'

/** Whom a block concerns, as far as the inventory knows. */
export interface Affected {
  /** Addresses that have a name. */
  readonly knownHosts: number
  /** The first of them. */
  readonly hosts: readonly KnownHost[]
  /** Who answers for what is blocked. */
  readonly contacts: readonly ContactAnswer[]
}

/** Known hosts that are shown by name; all are counted. */
const SHOWN = 20

/** @param prefixes all that the block covers */
export function affectedBy(
  inventory: Inventory,
  { target }: Pick<BlockSpec, 'target'>,
  prefixes: readonly Prefix[],
): Affected {
  const within = prefixes.map((prefix) => inventory.hosts.within(prefix, SHOWN))
  return {
    knownHosts: within.reduce((sum, { count }) => sum + count, 0),
    hosts: within.flatMap(({ hosts }) => hosts).slice(0, SHOWN),
    contacts: contactsFor(inventory, target),
  }
}
