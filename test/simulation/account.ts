import type { Block } from '../../src/domain/block.ts'
import type { InventoryLists, ProtectedEntry } from '../../src/inventory/inventory.ts'

/** IPv4 addresses as numbers. */
export type Addresses = ReadonlySet<number>

/** What the steps know of one block by what was answered: nothing here asks the code that is tested. */
export interface Entry {
  readonly id: number
  /** A prefix, `department:NAME` or `connection:NAME`. */
  target: string
  readonly direction: string
  /** Whether it was narrowed to some of the traffic. */
  readonly narrowed: boolean
  /** Whether it may cut off what the site keeps reachable. */
  readonly cutsReachable: boolean
  /** Token of the machine that asked, if one did. */
  readonly machine: string | undefined
  /** Whether one person is not enough. */
  readonly wide: boolean
  /** The person who asked. */
  readonly asker: string | undefined
  /** Who has said yes. */
  readonly yes: Set<string>
  /** When an emergency has to be over without a second yes. */
  lapses: number | undefined
  /** Until when two have let it last; `undefined`, nobody was asked. */
  until: number | null | undefined
  begun: boolean
  /** Why it may have ended. */
  ended: string | undefined
  /** The most that it may cover. */
  may: Addresses
  /** What it covers. */
  covers: Addresses
  /** Who had the address, of one that changes hands. */
  readonly mac: string | undefined
}

/** The addresses of an IPv4 prefix; of any other none. */
export function addressesOf(prefix: string): number[] {
  const [address = '', length = '32'] = prefix.split('/')
  if (address.includes(':')) return []
  const first = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  return Array.from({ length: 2 ** (32 - Number(length)) }, (_, at) => first + at)
}

/** What a target is by these lists, before anything is taken out. */
function named(target: string, lists: InventoryLists): number[] {
  const [kind, name] = target.split(':')
  const all =
    kind === 'department' ? lists.departments : kind === 'connection' ? lists.connections : undefined
  if (all === undefined || name === undefined) return addressesOf(target)
  return all.find((one) => one.name === name)?.prefixes.flatMap(addressesOf) ?? []
}

export function hitsRole({ role }: ProtectedEntry, direction: string): boolean {
  return role === 'any' || direction === 'both' || (role === 'destination') === (direction === 'to')
}

/** What a block of this target covers by these lists: never what they protect. */
export function coverageBy(
  { target, direction }: Pick<Entry, 'target' | 'direction'>,
  lists: InventoryLists,
  guards: readonly ProtectedEntry[] = lists.protected,
): Addresses {
  const holes = new Set(
    guards.filter((entry) => hitsRole(entry, direction)).flatMap(({ prefix }) => addressesOf(prefix)),
  )
  return new Set(named(target, lists).filter((address) => !holes.has(address)))
}

/** All blocks that were answered. */
export class Account {
  readonly entries = new Map<number, Entry>()
  /** Who has said yes to that a block covers more, and to which plan. */
  readonly growing = new Map<number, { readonly digest: string; readonly yes: Set<string> }>()
  frozen = false
  readonly muted = new Set<string>()
  /** Breakers that somebody was told have tripped. */
  readonly tripped = new Set<string>()
  /** Where each device with a lease is by the feeds: MAC address to address. */
  readonly leases = new Map<string, string>()
  /** When each machine has tried since the last start; `alone` while it was stopped itself, which is nobody else's affair. */
  readonly attempts: { readonly source: string; readonly at: number; readonly alone: boolean }[] = []

  entry(id: number): Entry {
    const entry = this.entries.get(id)
    if (entry === undefined) throw new Error(`block ${id} was never answered`)
    return entry
  }

  /** A block that was answered just now. @param person who asked; a machine is none */
  add(block: Block, target: string, person: string | undefined, may: Addresses): void {
    const wide = block.wanted === 'proposed' || block.emergency === true
    this.entries.set(block.id, {
      id: block.id,
      target,
      direction: block.direction,
      narrowed: block.match !== undefined,
      cutsReachable: block.collateral.includes('reachable-too'),
      machine: block.origin.kind === 'automatic' ? block.origin.token : undefined,
      wide,
      asker: person,
      yes: new Set(person === undefined ? [] : [person]),
      lapses: undefined,
      until: undefined,
      begun: !wide,
      ended: undefined,
      may,
      covers: may,
      mac: this.holderOf(target),
    })
  }

  /** Who has this address by the feeds. */
  holderOf(address: string): string | undefined {
    return [...this.leases].find(([, where]) => where === address)?.[0]
  }

  /** A block has gone with whoever it is about: nowhere but where they are. */
  noteMoved(id: number, prefix: string): void {
    const entry = this.entries.get(id)
    if (entry?.mac === undefined || `${entry.target}/32` === prefix) return
    if (`${this.leases.get(entry.mac)}/32` !== prefix)
      throw new Error(`block ${id} went to ${prefix}, where ${entry.mac} is not`)
    entry.target = prefix.replace('/32', '')
    entry.may = new Set(addressesOf(prefix))
    entry.covers = entry.may
  }

  /** Whatever machines asked for has ended. */
  panicked(): void {
    for (const entry of this.entries.values()) if (entry.machine !== undefined) entry.ended ??= 'panic'
  }

  /** Another inventory counts: what is on covers what it may of what its target is now. */
  adopt(lists: InventoryLists): void {
    for (const entry of this.entries.values()) {
      if (!entry.begun || entry.ended !== undefined) continue
      const now = coverageBy(entry, lists)
      entry.covers = new Set([...entry.may].filter((address) => now.has(address)))
      if (entry.may.size > 0 && entry.covers.size === 0) entry.ended = 'nothing left'
    }
  }

  /** Attempts of a machine, or of all of them, since then. */
  attemptsSince(since: number, source?: string): number {
    return this.attempts.filter(
      (one) => one.at > since && (source === undefined ? !one.alone : one.source === source),
    ).length
  }
}
