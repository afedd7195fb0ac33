import type { Family } from '../../../src/domain/prefix.ts'
import type { Bypass } from '../../configured/device.ts'
import { listedOf } from '../../configured/prefixes.ts'
import { at, childrenOf, element, textAt, type Xml, type XmlElement } from '../../transport/netconf/xml.ts'
import { ACLS, FAMILIES } from './ietf-names.ts'

export function interfaceNamed(name: string, ...content: readonly Xml[]): Xml {
  return element('interface', {}, element('interface-id', {}, name), ...content)
}

/** What a subtree filter has to select for {@link setsOn}: nothing where no interface is named. */
export function placesSelected(filterOn: readonly string[]): readonly Xml[] {
  if (filterOn.length === 0) return []
  return [element('attachment-points', {}, ...filterOn.map((name) => interfaceNamed(name)))]
}

/** Lists that meet what comes in on an interface, in their order. */
export function setsOn(data: XmlElement | undefined, name: string): string[] {
  const places = childrenOf(at(data, 'acls', 'attachment-points'), 'interface')
  const place = places.find((one) => textAt(one, 'interface-id') === name)
  return childrenOf(at(place, 'ingress', 'acl-sets'), 'acl-set').map((one) => textAt(one, 'name') ?? '')
}

/** Whether nobody else's list comes before ours. */
export function isFirst(sets: readonly string[]): boolean {
  return FAMILIES.every((family) => meetsFirst(sets, family))
}

/** Interfaces where our list of a family is not met first: what comes in there may not be asked about our entries. */
export function openPlaces(data: XmlElement | undefined, filterOn: readonly string[]): readonly Bypass[] {
  return filterOn.flatMap((name) => {
    const sets = setsOn(data, name)
    return FAMILIES.filter((family) => !meetsFirst(sets, family)).map(
      (family): Bypass => ({
        words: `${ACLS[family]} is not first on ${name}`,
        concerns: (rule) => listedOf(rule)?.family === family,
      }),
    )
  })
}

function meetsFirst(sets: readonly string[], family: Family): boolean {
  const place = sets.indexOf(ACLS[family])
  const ours: readonly string[] = Object.values(ACLS)
  return place >= 0 && sets.slice(0, place).every((name) => ours.includes(name))
}
