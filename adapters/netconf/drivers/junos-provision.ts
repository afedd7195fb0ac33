import type { Family } from '../../../src/domain/prefix.ts'
import { SENTINELS } from '../../configured/prefixes.ts'
import { at, childrenOf, element, textAt, type Xml, type XmlElement } from '../../transport/netconf/xml.ts'
import type { NetconfProvision, ProvisionPlan } from '../driver.ts'
import { configuration, FAMILIES, inet, LISTS, type List, nameOf } from './junos-lists.ts'
import { type Place, placeOf, placesSelected, unitOf } from './junos-places.ts'

/** Behind our filter where an interface had none: a list of filters ends in a discard. */
const ACCEPT = { 4: 'CORDON-4-ACCEPT', 6: 'CORDON-6-ACCEPT' } as const

/** Prefix lists, and a filter a family of which nothing but what is in them is dropped. */
export const junosProvision: NetconfProvision = {
  text: (device, filterOn) =>
    [...header(device), ...setLines(), ...attachLines(filterOn), ...footer()].join('\n'),

  select(filterOn): Xml {
    const filters = FAMILIES.map((family) => element(inet(family), {}, filterNamed(nameOf(family))))
    return configuration(
      element(
        'policy-options',
        {},
        ...LISTS.map(({ name }) => element('prefix-list', {}, element('name', {}, name))),
      ),
      element('firewall', {}, element('family', {}, ...filters)),
      ...placesSelected(filterOn),
    )
  },

  plan(data, filterOn): ProvisionPlan {
    const found = at(data, 'configuration')
    const lists = LISTS.filter((list) => !hasList(found, list))
    const filters = FAMILIES.map((family) => ({ family, state: filterState(found, family) }))
    const absent = filters.filter(({ state }) => state === 'absent').map(({ family }) => family)
    const changed = filters.filter(({ state }) => state === 'changed').map(({ family }) => family)
    const places = filterOn.flatMap((name) => FAMILIES.map((family) => placeOf(found, name, family)))
    // A filter that somebody has changed may drop everything.
    const open = places.filter(({ state, family }) => state === 'open' && !changed.includes(family))
    const lacking = [
      ...lists.map(({ name }) => `prefix list ${name}`),
      ...absent.map((family) => `filter ${nameOf(family)} of family ${inet(family)}`),
      ...open.map(({ name, family }) => `${nameOf(family)} on ${name}`),
    ]
    return {
      edit: lacking.length === 0 ? undefined : editOf(lists, absent, open),
      undo: editOf(lists, absent, open, 'delete'),
      lacking,
      byHand: [
        ...changed.map(
          (family) =>
            `the terms of filter ${nameOf(family)} are not Cordon's: delete the filter and provision again, or put right what cordon provision prints`,
        ),
        ...places.flatMap(({ words }) => (words === undefined ? [] : [words])),
      ],
    }
  },
}

/** @param removal how what it adds is taken away instead; the filters that accept everything may stay */
function editOf(
  lists: readonly List[],
  absent: readonly Family[],
  open: readonly Place[],
  removal?: 'delete',
): Xml {
  const filters = FAMILIES.flatMap((family) => {
    const accepting = removal === undefined && open.some((place) => place.family === family)
    return parts(inet(family), [
      ...(absent.includes(family) ? [filterXml(family, removal)] : []),
      ...(accepting ? [acceptXml(family)] : []),
    ])
  })
  return configuration(
    ...parts(
      'policy-options',
      lists.map((list) => listXml(list, removal)),
    ),
    ...parts('firewall', parts('family', filters)),
    ...parts(
      'interfaces',
      open.map((place) => attachXml(place, removal)),
    ),
  )
}

function named(what: string, name: string, removal: 'delete'): Xml {
  return element(what, { 'nc:operation': removal }, element('name', {}, name))
}

function parts(name: string, content: readonly Xml[]): readonly Xml[] {
  return content.length === 0 ? [] : [element(name, {}, ...content)]
}

function filterNamed(name: string): Xml {
  return element('filter', {}, element('name', {}, name))
}

function listsOf(family: Family): readonly List[] {
  return LISTS.filter((list) => list.family === family)
}

function listXml({ name, family }: List, removal: 'delete' | undefined): Xml {
  if (removal !== undefined) return named('prefix-list', name, removal)
  const sentinel = element('prefix-list-item', {}, element('name', {}, SENTINELS[family]))
  return element('prefix-list', {}, element('name', {}, name), sentinel)
}

function filterXml(family: Family, removal: 'delete' | undefined): Xml {
  if (removal !== undefined) return named('filter', nameOf(family), removal)
  const terms = listsOf(family).map(({ name, end }) => {
    const side = end === 'from' ? 'source-prefix-list' : 'destination-prefix-list'
    const from = element('from', {}, element(side, {}, element('name', {}, name)))
    return element(
      'term',
      {},
      element('name', {}, end),
      from,
      element('then', {}, element('count', {}, name), element('discard')),
    )
  })
  const rest = element(
    'term',
    {},
    element('name', {}, 'rest'),
    element('then', {}, element('next', {}, 'term')),
  )
  return element('filter', {}, element('name', {}, nameOf(family)), ...terms, rest)
}

function acceptXml(family: Family): Xml {
  const term = element('term', {}, element('name', {}, 'all'), element('then', {}, element('accept')))
  return element('filter', {}, element('name', {}, ACCEPT[family]), term)
}

function attachXml({ name, family }: Place, removal: 'delete' | undefined): Xml {
  const { port, unit } = unitOf(name)
  const lists = [nameOf(family), ACCEPT[family]].map((filter) =>
    element('input-list', { 'nc:operation': removal }, filter),
  )
  const inside = element('family', {}, element(inet(family), {}, element('filter', {}, ...lists)))
  return element(
    'interface',
    {},
    element('name', {}, port),
    element('unit', {}, element('name', {}, unit), inside),
  )
}

function hasList(found: XmlElement | undefined, { name, family }: List): boolean {
  const list = childrenOf(at(found, 'policy-options'), 'prefix-list').find(
    (one) => textAt(one, 'name') === name,
  )
  return childrenOf(list, 'prefix-list-item').some((one) => textAt(one, 'name') === SENTINELS[family])
}

/** Whether a filter of ours does just what it should, however it counts. */
function filterState(found: XmlElement | undefined, family: Family): 'ours' | 'changed' | 'absent' {
  const filters = childrenOf(at(found, 'firewall', 'family', inet(family)), 'filter')
  const filter = filters.find((one) => textAt(one, 'name') === nameOf(family))
  if (filter === undefined) return 'absent'
  const terms = childrenOf(filter, 'term').map(termText)
  const wanted = [
    `from source-prefix-list CORDON-${family}-FROM: discard`,
    `to destination-prefix-list CORDON-${family}-TO: discard`,
    'rest : next',
  ]
  return terms.join('\n') === wanted.join('\n') ? 'ours' : 'changed'
}

function termText(term: XmlElement): string {
  const from = at(term, 'from')?.children.map(
    (one) => `${one.name} ${textAt(one, 'name') ?? one.text.trim()}`,
  )
  const then = at(term, 'then')?.children.flatMap(({ name }) => (name === 'count' ? [] : [name]))
  const off = term.attributes.get('inactive') === undefined ? '' : ' (inactive)'
  return `${textAt(term, 'name')} ${(from ?? []).join(' ')}: ${(then ?? []).join(' ')}${off}`
}

function header(device: string): string[] {
  return [
    `# Cordon on ${device}, for Junos. Load it with 'load set terminal', look at it with 'show | compare', and`,
    "# 'commit confirmed 5'; commit again once you have seen that everything still passes.",
    '',
  ]
}

function setLines(): string[] {
  const lists = LISTS.map(({ name, family }) => `set policy-options prefix-list ${name} ${SENTINELS[family]}`)
  const filters = FAMILIES.flatMap((family) => {
    const filter = `set firewall family ${inet(family)} filter ${nameOf(family)} term`
    return [
      ...listsOf(family).flatMap(({ name, end }) => [
        `${filter} ${end} from ${end === 'from' ? 'source' : 'destination'}-prefix-list ${name}`,
        `${filter} ${end} then count ${name}`,
        `${filter} ${end} then discard`,
      ]),
      `${filter} rest then next term`,
    ]
  })
  return [...lists, ...filters]
}

function attachLines(filterOn: readonly string[]): string[] {
  const accepting = FAMILIES.map(
    (family) => `set firewall family ${inet(family)} filter ${ACCEPT[family]} term all then accept`,
  )
  const places = filterOn.length === 0 ? ['INTERFACE.UNIT'] : filterOn
  const comment = filterOn.length === 0 ? '# ' : ''
  return [
    '',
    '# Where packets come in, ahead of any filter that is there: a list of filters ends in a discard, so one that',
    `# accepts must be last. Where an interface has a filter of its own, put that in place of ${ACCEPT[4]}.`,
    ...(filterOn.length === 0 ? ['# filterOn of the device names no interface yet.'] : []),
    ...accepting,
    ...places.flatMap((name) => {
      const { port, unit } = unitOf(name)
      return FAMILIES.map(
        (family) =>
          `${comment}set interfaces ${port} unit ${unit} family ${inet(family)} filter input-list [ ${nameOf(family)} ${ACCEPT[family]} ]`,
      )
    }),
  ]
}

function footer(): string[] {
  const off = FAMILIES.flatMap((family) =>
    listsOf(family).map(
      ({ end }) => `deactivate firewall family ${inet(family)} filter ${nameOf(family)} term ${end}`,
    ),
  )
  return [
    '',
    '# Kill switch, from the shell of the router, without Cordon:',
    `#   cli -c "configure private; ${off.join('; ')}; commit and-quit"`,
    "# 'activate' in place of 'deactivate' takes it back.",
    '',
  ]
}
