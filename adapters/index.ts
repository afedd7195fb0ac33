import type { Adapter } from './adapter.ts'
import { birdWitness } from './bird/index.ts'
import { birdNeighbourAdapter } from './bird-neighbour/index.ts'
import { bmpWitness } from './bmp/index.ts'
import { exabgpAdapter } from './exabgp/index.ts'
import { frrWitness } from './frr/index.ts'
import { gobgpWitness } from './gobgp/index.ts'
import { ldapAdapter } from './ldap/index.ts'
import { linkAdapter } from './link/index.ts'
import { createListAdapter } from './list/index.ts'
import { createMemoryAdapter } from './memory/index.ts'
import { netconfAdapter } from './netconf/index.ts'
import { nftAdapter } from './nft/index.ts'
import { radiusAdapter } from './radius/index.ts'
import { scriptAdapter } from './script/index.ts'
import { sshCliAdapter } from './ssh-cli/index.ts'
import type { WitnessAdapter } from './witness.ts'

/** Every adapter there is, by its kind: one line each. `lists` gets the lists that are to be pulled. */
export function allAdapters(lists?: Parameters<typeof createListAdapter>[0]): ReadonlyMap<string, Adapter> {
  return byKind<Adapter>([
    createMemoryAdapter(),
    createListAdapter(lists),
    nftAdapter,
    exabgpAdapter,
    linkAdapter,
    birdNeighbourAdapter,
    sshCliAdapter,
    netconfAdapter,
    ldapAdapter,
    scriptAdapter,
    radiusAdapter,
  ])
}

/** Every witness there is, by its kind. */
export function allWitnesses(): ReadonlyMap<string, WitnessAdapter> {
  return byKind<WitnessAdapter>([birdWitness, bmpWitness, frrWitness, gobgpWitness])
}

function byKind<T extends { readonly kind: string }>(all: readonly T[]): ReadonlyMap<string, T> {
  return new Map(all.map((one) => [one.kind, one]))
}
