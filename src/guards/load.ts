import type { Block } from '../domain/block.ts'
import { aggregatePrefixes, type Prefix, prefixContains } from '../domain/prefix.ts'
import { ancestorsOf } from '../inventory/department-tree.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { coverageOf } from './coverage.ts'
import { hostsIn } from './radius.ts'

/** What of a block counts. */
export type Counted = Pick<Block, 'target' | 'expansion' | 'origin' | 'agreed'>

/** More hosts than this in one prefix are counted as this many: sums of such numbers are exact, and no department has as many. */
const MOST_IN_ONE = 2 ** 32

interface OfOwner {
  blocks: number
  /** How many blocks are about each prefix in departments: two reasons for one host take off one host. */
  readonly prefixes: Map<Prefix, number>
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

  /** Hosts of each department that a block on these prefixes would newly take off, were it this owner's. */
  adds(owner: string, prefixes: readonly Prefix[]): Map<string, number> {
    const sum = new Map<string, number>()
    for (const prefix of new Set(prefixes)) {
      if (this.#isOff(owner, prefix)) continue
      for (const [name, hosts] of hostsByDepartment(this.#inventory, prefix)) bump(sum, name, hosts)
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

  #isOff(owner: string, prefix: Prefix): boolean {
    if (this.#owners.get(owner)?.prefixes.has(prefix) === true) return true
    return this.#base === undefined ? false : this.#base.#isOff(owner, prefix)
  }

  #count(owner: string, block: Counted, by: 1 | -1): void {
    const of = this.#owners.get(owner) ?? { blocks: 0, prefixes: new Map(), hosts: new Map() }
    this.#owners.set(owner, of)
    of.blocks += by
    const prefixes = coverageOf(block)
    if (block.origin.kind === 'automatic') {
      this.#automaticBlocks += by
      for (const name of departmentsOf(this.#inventory, prefixes)) bump(this.#automatic, name, by)
    }
    // What others agreed to is not by this person alone.
    if (block.agreed === undefined) for (const prefix of prefixes) this.#countHosts(owner, of, prefix, by)
    if (of.blocks === 0) this.#owners.delete(owner)
  }

  #countHosts(owner: string, of: OfOwner, prefix: Prefix, by: 1 | -1): void {
    const within = hostsByDepartment(this.#inventory, prefix)
    if (within.size === 0) return
    if (by === 1 && this.#isOff(owner, prefix)) {
      bump(of.prefixes, prefix, 1)
      return
    }
    bump(of.prefixes, prefix, by)
    if (of.prefixes.has(prefix) !== (by === 1)) return
    for (const [name, hosts] of within) bump(of.hosts, name, by * hosts)
  }
}

/** The departments that these prefixes hit, and those that they are parts of. */
export function departmentsOf(inventory: Inventory, prefixes: readonly Prefix[]): string[] {
  const names = prefixes.flatMap((prefix) =>
    inventory.departmentOf.overlapping(prefix).map(([, name]) => name),
  )
  return withAncestors(inventory, names)
}

function withAncestors({ departments }: Inventory, names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => [name, ...ancestorsOf(departments, name)]))].sort()
}

/** How many hosts of a prefix lie in each department, in those that these are parts of too. */
function hostsByDepartment(inventory: Inventory, prefix: Prefix): Map<string, number> {
  const parts = new Map<string, Prefix[]>()
  for (const [space, name] of inventory.departmentOf.overlapping(prefix)) {
    const part = prefixContains(space, prefix) ? prefix : space
    for (const one of withAncestors(inventory, [name])) parts.set(one, [...(parts.get(one) ?? []), part])
  }
  return new Map(
    [...parts].map(([name, some]) => {
      const apart = some.length === 1 ? some : aggregatePrefixes(some)
      const hosts = apart.reduce((sum, part) => sum + hostsIn(part, inventory), 0)
      return [name, Math.min(MOST_IN_ONE, hosts)]
    }),
  )
}

function bump<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
