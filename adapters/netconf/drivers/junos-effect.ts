import { at, childrenOf, element, textAt, type Xml, type XmlElement } from '../../transport/netconf/xml.ts'
import type { List } from './junos-lists.ts'

/** Whether a statement counts: one that somebody has deactivated is configured all the same. */
export function isActive({ attributes }: XmlElement): boolean {
  return attributes.get('inactive') === undefined
}

/** What a subtree filter has to select for {@link isDropping}: the filters of these lists. */
export function filtersOf(lists: readonly List[]): Xml {
  const families = [...new Set(lists.map(({ family }) => family))]
  const filters = families.map((family) =>
    element(inet(family), {}, element('filter', {}, element('name', {}, `CORDON-${family}`))),
  )
  return element('firewall', {}, element('family', {}, ...filters))
}

/** Whether a term of our filter drops what is in the list: not so behind a kill switch. */
export function isDropping(configuration: XmlElement | undefined, { name, family, end }: List): boolean {
  const filters = childrenOf(activeAt(configuration, 'firewall', 'family', inet(family)), 'filter')
  const filter = filters.find((one) => isActive(one) && textAt(one, 'name') === `CORDON-${family}`)
  const side = end === 'from' ? 'source-prefix-list' : 'destination-prefix-list'
  return childrenOf(filter, 'term').some(
    (term) =>
      isActive(term) &&
      childrenOf(activeAt(term, 'from'), side).some((one) => isActive(one) && textAt(one, 'name') === name) &&
      ['discard', 'reject'].some((drop) => activeAt(term, 'then', drop) !== undefined),
  )
}

function activeAt(from: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let found = from
  for (const name of path) {
    const next = at(found, name)
    found = next !== undefined && isActive(next) ? next : undefined
  }
  return found
}

function inet(family: List['family']): string {
  return family === 4 ? 'inet' : 'inet6'
}
