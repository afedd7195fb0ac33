import type { Family } from '../../../src/domain/prefix.ts'
import type { Bypass } from '../../configured/device.ts'
import { listedOf } from '../../configured/prefixes.ts'
import { at, childrenOf, element, textAt, type Xml, type XmlElement } from '../../transport/netconf/xml.ts'
import { isActive } from './junos-effect.ts'
import { FAMILIES, inet, nameOf } from './junos-lists.ts'

/** A name of a unit, such as ge-0/0/0.0; without a unit it is 0. */
export function unitOf(name: string): { readonly port: string; readonly unit: string } {
  const [, port = name, unit = '0'] = /^(.+?)(?:\.(\d+))?$/.exec(name) ?? []
  return { port, unit }
}

/** What a subtree filter has to select for {@link placeOf}: none where no interface is named. */
export function placesSelected(filterOn: readonly string[]): readonly Xml[] {
  const units = filterOn.map((name) => {
    const { port, unit } = unitOf(name)
    const inside = element('unit', {}, element('name', {}, unit), element('family'))
    return element('interface', {}, element('name', {}, port), inside)
  })
  return units.length === 0 ? [] : [element('interfaces', {}, ...units)]
}

export interface Place {
  readonly name: string
  readonly family: Family
  /**
   * `absent`: no such packets come in there, `open`: it has no filter, `ours`: our filter comes first, `theirs`: another
   * one does, or none of them is active, `unknown`: nothing of that name is configured.
   */
  readonly state: 'absent' | 'open' | 'ours' | 'theirs' | 'unknown'
  readonly words?: string
}

/** Families of interfaces where our filter is not the first: what comes in there is not asked about our lists. */
export function openPlaces(found: XmlElement | undefined, filterOn: readonly string[]): readonly Bypass[] {
  return filterOn.flatMap((name) =>
    FAMILIES.filter((family) => ['open', 'theirs'].includes(placeOf(found, name, family).state)).map(
      (family): Bypass => ({
        words: `${nameOf(family)} is not first on ${name}`,
        concerns: (rule) => listedOf(rule)?.family === family,
      }),
    ),
  )
}

/** @param found the configuration */
export function placeOf(found: XmlElement | undefined, name: string, family: Family): Place {
  const { port, unit } = unitOf(name)
  const physical = childrenOf(at(found, 'interfaces'), 'interface').find(
    (one) => textAt(one, 'name') === port,
  )
  const logical = childrenOf(physical, 'unit').find((one) => textAt(one, 'name') === unit)
  const inside = at(logical, 'family', inet(family))
  if (logical === undefined && family === 4)
    return { name, family, state: 'unknown', words: `${name} is not configured: filterOn names it` }
  if (inside === undefined || ![physical, logical, inside].every((one) => one !== undefined && isActive(one)))
    return { name, family, state: 'absent' }
  const where = `interfaces ${port} unit ${unit} family ${inet(family)} filter`
  const all = at(inside, 'filter')
  if ([all, ...(all?.children ?? [])].some((one) => one !== undefined && !isActive(one)))
    return { name, family, state: 'theirs', words: `filters of ${name} are deactivated: activate ${where}` }
  const single = at(all, 'input')
  const theirs = textAt(single, 'filter-name') ?? single?.text.trim()
  if (single !== undefined)
    return {
      ...{ name, family, state: 'theirs' },
      words: `${name} has the input filter ${theirs}: delete ${where} input; set ${where} input-list [ ${nameOf(family)} ${theirs} ]`,
    }
  const filters = childrenOf(all, 'input-list').map((one) => one.text.trim())
  if (filters.length === 0) return { name, family, state: 'open' }
  if (filters[0] === nameOf(family)) return { name, family, state: 'ours' }
  const others = filters.filter((one) => one !== nameOf(family)).join(' ')
  return {
    ...{ name, family, state: 'theirs' },
    words: `${name} has other filters first: delete ${where} input-list; set ${where} input-list [ ${nameOf(family)} ${others} ]`,
  }
}
