import type { Bypass } from '../../configured/device.ts'
import { at, childrenOf, element, textAt, type Xml, type XmlElement } from '../../transport/netconf/xml.ts'
import { inet, isIn, type List, nameOf } from './junos-lists.ts'

/** Whether a statement counts: one that somebody has deactivated is configured all the same. */
export function isActive({ attributes }: XmlElement): boolean {
  return attributes.get('inactive') === undefined
}

/** What a subtree filter has to select for {@link isDropping}: the filters of these lists. */
export function filtersOf(lists: readonly List[]): Xml {
  const families = [...new Set(lists.map(({ family }) => family))]
  const filters = families.map((family) =>
    element(inet(family), {}, element('filter', {}, element('name', {}, nameOf(family)))),
  )
  return element('firewall', {}, element('family', {}, ...filters))
}

/** Whether a term of our filter drops what is in the list: not so behind a kill switch. */
export function isDropping(configuration: XmlElement | undefined, list: List): boolean {
  return activeTerms(configuration, list).some((term) => dropsBy(term, list))
}

/** Active terms ahead of the one that drops by a list, by which packets may leave our filter before they come to it. */
export function termsAhead(found: XmlElement | undefined, lists: readonly List[]): readonly Bypass[] {
  return lists.flatMap((list) => {
    const terms = activeTerms(found, list)
    const place = terms.findIndex((term) => dropsBy(term, list))
    return terms
      .slice(0, Math.max(0, place))
      .filter((term) => !STAYING.some((action) => activeAt(term, 'then', action) !== undefined))
      .map((term): Bypass => {
        const words = `term ${textAt(term, 'name')} of filter ${nameOf(list.family)} comes ahead of ${list.name}`
        return { words, concerns: (rule) => isIn(list, rule) }
      })
  })
}

/** A term with none of these accepts what it matches, whether it says so or not. */
const STAYING: readonly string[] = ['discard', 'reject', 'next']

function activeTerms(configuration: XmlElement | undefined, { family }: List): readonly XmlElement[] {
  const filters = childrenOf(activeAt(configuration, 'firewall', 'family', inet(family)), 'filter')
  const filter = filters.find((one) => isActive(one) && textAt(one, 'name') === nameOf(family))
  return childrenOf(filter, 'term').filter(isActive)
}

function dropsBy(term: XmlElement, { name, end }: List): boolean {
  const side = end === 'from' ? 'source-prefix-list' : 'destination-prefix-list'
  const conditions = (activeAt(term, 'from')?.children ?? []).filter(isActive)
  return (
    conditions.every((one) => one.name === side) &&
    conditions.some((one) => textAt(one, 'name') === name) &&
    ['discard', 'reject'].some((drop) => activeAt(term, 'then', drop) !== undefined)
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
