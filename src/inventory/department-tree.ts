import type { Prefix } from '../domain/prefix.ts'
import { PrefixMap } from '../domain/prefix-map.ts'

/** What of a department says where it stands among the others. */
export interface TreePlace {
  readonly name: string
  readonly parent?: string
  readonly prefixes: readonly Prefix[]
}

/** The departments that one is a part of, the nearest first. It ends at an unknown name, and where a circle closes. */
export function ancestorsOf(
  departments: ReadonlyMap<string, { readonly parent?: string }>,
  name: string,
): string[] {
  const climbed: string[] = []
  let at = departments.get(name)?.parent
  while (at !== undefined && departments.has(at) && !climbed.includes(at)) {
    climbed.push(at)
    at = departments.get(at)?.parent
  }
  return climbed
}

/** Space that two departments claim although neither is a part of the other, or that they claim with the same prefix. */
export interface SharedSpace {
  /** Of the department in the list, and of its prefix there: the later of the two, or the narrower one. */
  readonly department: number
  readonly at: number
  readonly prefix: Prefix
  readonly other: string
  readonly otherPrefix: Prefix
}

/**
 * Where the space of departments overlaps and must not: an address belongs to one department and to those that it is a
 * part of, and to nobody else, since whoever it belongs to is shown what happens to it.
 */
export function sharedSpaceOf(departments: readonly TreePlace[]): SharedSpace[] {
  const byName = new Map(departments.map((department) => [department.name, department]))
  const claims = new PrefixMap<string>()
  const found: SharedSpace[] = []
  for (const [department, { name, prefixes }] of departments.entries()) {
    for (const [at, prefix] of prefixes.entries()) {
      const holder = claims.get(prefix)
      if (holder !== undefined && holder !== name)
        found.push({ department, at, prefix, other: holder, otherPrefix: prefix })
      if (holder === undefined) claims.set(prefix, name)
    }
  }
  for (const [department, { name, prefixes }] of departments.entries()) {
    const above = new Set([name, ...ancestorsOf(byName, name)])
    for (const [at, prefix] of prefixes.entries()) {
      const foreign = claims
        .covering(prefix)
        .find(([wider, holder]) => wider !== prefix && !above.has(holder))
      if (foreign !== undefined)
        found.push({ department, at, prefix, other: foreign[1], otherPrefix: foreign[0] })
    }
  }
  return found
}
