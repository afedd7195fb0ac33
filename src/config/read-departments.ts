import { ancestorsOf, sharedSpaceOf } from '../inventory/department-tree.ts'
import type { Department } from '../inventory/inventory.ts'
import type { Path, Problems } from './problems.ts'

const PLACE = ['site', 'departments']

/** What can be wrong with departments only together with the others, with contacts and with devices. */
export function checkDepartments(
  departments: readonly Department[],
  contacts: readonly string[],
  whyNoPlace: (place: string) => string | undefined,
  problems: Problems,
): void {
  const byName = new Map(departments.map((department) => [department.name, department]))
  for (const [index, { name, parent, itss = [], accessDevices = [], ...rest }] of departments.entries()) {
    const path: Path = [...PLACE, index]
    if (parent !== undefined) {
      problems.requireKnown([...path, 'parent'], 'department', parent, byName.keys())
      const above = ancestorsOf(byName, name)
      if (above.includes(name))
        problems.add([...path, 'parent'], `${[name, ...above].join(' is a part of ')}: that is a circle`)
    }
    for (const [list, names] of Object.entries({ contacts: rest.contacts ?? [], itss }))
      for (const [at, contact] of names.entries())
        problems.requireKnown([...path, list, at], 'contact', contact, contacts)
    for (const [at, place] of accessDevices.entries()) {
      const words = whyNoPlace(place)
      if (words !== undefined) problems.add([...path, 'accessDevices', at], words)
    }
  }
  refuseSharedSpace(departments, problems)
}

/** An address that belongs to two departments would be shown to both. */
function refuseSharedSpace(departments: readonly Department[], problems: Problems): void {
  for (const { department, prefix, other, otherPrefix } of sharedSpaceOf(departments)) {
    const words =
      prefix === otherPrefix
        ? `${prefix} belongs to department ${other} already`
        : `${prefix} lies in ${otherPrefix} of department ${other}, of which ${departments[department]?.name} is no part; say so with parent, or give the prefix to one of them`
    problems.add([...PLACE, department, 'prefixes'], words)
  }
}
