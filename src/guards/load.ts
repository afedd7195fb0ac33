import type { Block } from '../domain/block.ts'
import {
  aggregatePrefixes,
  type Prefix,
  prefixContains,
  prefixFamily,
  prefixLength,
} from '../domain/prefix.ts'
import { isIdentity, type Target } from '../domain/target.ts'
import { ancestorsOf } from '../inventory/department-tree.ts'
import { departmentsOfIdentity } from '../inventory/identities.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { coverageOf } from './coverage.ts'
import { hostsIn } from './radius.ts'

/** What of a block counts. */
export type Counted = Pick<Block, 'target' | 'expansion' | 'origin' | 'agreed'>

/** More hosts than this in one prefix are counted as this many: sums of such numbers are exact, and no department has as many. */
const MOST_IN_ONE = 2 ** 32

interface OfOwner {
  blocks: number
  /** How many blocks are about each prefix or account in departments: two reasons for one host take off one host. */
  readonly units: Map<string, number>
  /** Hosts that are off, by department. */
  readonly hosts: Map<string, number>
}

/**
 * How many blocks are on, and what of departments they take off, by person or machine. Asking costs what the one block
 * touches, however many are on. Whoever keeps it adds a block when it begins and removes it when it ends.
 */
export class Load {
  readonly #inventory: Inventory
  readonly #base: Load | undefined
  readonly #owners = new Map<string, OfOwner>()
  /** Automatic blocks, by department. */
  readonly #automatic = new Map<string, number>()
  /** Hosts that these hit, by department. */
  readonly #automaticHosts = new Map<string, number>()
  #automaticBlocks = 0

  /** @param base what counts beside: blocks are added here alone */
  constructor(inventory: Inventory, base?: Load) {
    this.#inventory = inventory
    this.#base = base
  }

  /** The same, with what is not on record yet beside it. */
  ahead(): Load {
    return new Load(this.#inventory, this)
  }

  /** Blocks that are on of one person or machine. */
  active(owner: string): number {
    return (this.#owners.get(owner)?.blocks ?? 0) + (this.#base?.active(owner) ?? 0)
  }

  /** Automatic blocks that are on. */
  get automatic(): number {
    return this.#automaticBlocks + (this.#base?.automatic ?? 0)
  }

  /** Automatic blocks that are on and hit the department, or one that is a part of it. */
  automaticIn(department: string): number {
    return (this.#automatic.get(department) ?? 0) + (this.#base?.automaticIn(department) ?? 0)
  }

  /** Hosts of the department that automatic blocks hit, as {@link automaticHosts} counts them. */
  automaticHostsIn(department: string): number {
    return (this.#automaticHosts.get(department) ?? 0) + (this.#base?.automaticHostsIn(department) ?? 0)
  }

  /** Hosts of a department that one person or machine has off without another's agreement. */
  hostsOff(owner: string, department: string): number {
    const own = this.#owners.get(owner)?.hosts.get(department) ?? 0
    return own + (this.#base?.hostsOff(owner, department) ?? 0)
  }

  /** Departments of which one has hosts off. */
  departmentsOf(owner: string): string[] {
    const own = [...(this.#owners.get(owner)?.hosts.keys() ?? [])]
    return [...new Set([...own, ...(this.#base?.departmentsOf(owner) ?? [])])].sort()
  }

  /** Departments of which something is counted here, without what counts beside. */
  get departments(): string[] {
    const hosts = [...this.#owners.values()].flatMap((of) => [...of.hosts.keys()])
    return [...new Set([...hosts, ...this.#automatic.keys()])].sort()
  }

  /** Hosts of each department that a block would newly take off, were it this owner's. */
  adds(owner: string, block: Pick<Counted, 'target' | 'expansion'>): Map<string, number> {
    const sum = new Map<string, number>()
    for (const [unit, within] of new Map(unitsOf(this.#inventory, block))) {
      if (this.#isOff(owner, unit)) continue
      for (const [name, hosts] of within) bump(sum, name, hosts)
    }
    return sum
  }

  /** A block of this owner is on. */
  add(owner: string, block: Counted): void {
    this.#count(owner, block, 1)
  }

  /** It is no more. */
  remove(owner: string, block: Counted): void {
    this.#count(owner, block, -1)
  }

  #isOff(owner: string, unit: string): boolean {
    if (this.#owners.get(owner)?.units.has(unit) === true) return true
    return this.#base === undefined ? false : this.#base.#isOff(owner, unit)
  }

  #count(owner: string, block: Counted, by: 1 | -1): void {
    const of = this.#owners.get(owner) ?? { blocks: 0, units: new Map(), hosts: new Map() }
    this.#owners.set(owner, of)
    of.blocks += by
    const automatic = block.origin.kind === 'automatic'
    if (automatic) this.#automaticBlocks += by
    const hit = new Set<string>()
    for (const [unit, within] of unitsOf(this.#inventory, block)) {
      if (within.size === 0) continue
      if (automatic) for (const name of within.keys()) hit.add(name)
      // What others agreed to is not by this person alone.
      if (block.agreed === undefined) this.#countHosts(owner, of, unit, within, by)
    }
    for (const name of hit) bump(this.#automatic, name, by)
    if (automatic)
      // To what people agreed is one, however wide.
      for (const [name, hosts] of automaticHosts(this.#inventory, block))
        bump(this.#automaticHosts, name, by * (block.agreed === undefined ? hosts : 1))
    if (of.blocks === 0) this.#owners.delete(owner)
  }

  #countHosts(
    owner: string,
    of: OfOwner,
    unit: string,
    within: ReadonlyMap<string, number>,
    by: 1 | -1,
  ): void {
    if (by === 1 && this.#isOff(owner, unit)) {
      bump(of.units, unit, 1)
      return
    }
    bump(of.units, unit, by)
    if (of.units.has(unit) !== (by === 1)) return
    for (const [name, hosts] of within) bump(of.hosts, name, by * hosts)
  }
}

/**
 * How many hosts of each department an automatic block hits, of those too that these are parts of. Of IPv6 a /64 is one, as
 * nobody is blocked by less than that for long; so is an account.
 */
export function automaticHosts(
  inventory: Inventory,
  block: Pick<Counted, 'target' | 'expansion'>,
): Map<string, number> {
  if (isIdentity(block.target)) return new Map(onePerDepartment(inventory, block.target))
  const sum = new Map<string, number>()
  for (const prefix of coverageOf(block)) {
    const most = prefixFamily(prefix) === 4 ? MOST_IN_ONE : 2 ** Math.max(0, 64 - prefixLength(prefix))
    for (const [name, hosts] of hostsByDepartment(inventory, prefix)) bump(sum, name, Math.min(hosts, most))
  }
  return sum
}

const NOWHERE: ReadonlyMap<string, number> = new Map()

/** What of a block is counted by itself, and how many hosts of each department that is. */
function unitsOf(
  inventory: Inventory,
  block: Pick<Counted, 'target' | 'expansion'>,
): [string, ReadonlyMap<string, number>][] {
  const { target } = block
  if (isIdentity(target)) return [[target.name, onePerDepartment(inventory, target)]]
  return coverageOf(block).map((prefix) => [prefix, hostsByDepartment(inventory, prefix)])
}

function onePerDepartment(inventory: Inventory, target: Target): ReadonlyMap<string, number> {
  return new Map(departmentsOfIdentity(inventory, target).map((name) => [name, 1]))
}

/** How many hosts of a prefix lie in each department, in those that these are parts of too. */
function hostsByDepartment(inventory: Inventory, prefix: Prefix): ReadonlyMap<string, number> {
  const found = inventory.departmentOf.overlapping(prefix)
  if (found.length === 0) return NOWHERE
  const parts = new Map<string, Prefix[]>()
  for (const [space, name] of found) {
    const part = prefixContains(space, prefix) ? prefix : space
    for (const one of [name, ...ancestorsOf(inventory.departments, name)]) {
      const there = parts.get(one)
      if (there === undefined) parts.set(one, [part])
      else if (!there.includes(part)) there.push(part)
    }
  }
  return new Map([...parts].map(([name, some]) => [name, hostsTogether(some, inventory)]))
}

function hostsTogether(some: readonly Prefix[], inventory: Inventory): number {
  const apart = some.length === 1 ? some : aggregatePrefixes(some)
  return Math.min(
    MOST_IN_ONE,
    apart.reduce((sum, part) => sum + hostsIn(part, inventory), 0),
  )
}

function bump<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
