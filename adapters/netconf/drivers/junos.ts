import type { EntryRule } from '../../../src/domain/rule.ts'
import type { EntryChange, Listing } from '../../configured/device.ts'
import { listedOf, listedRule, readListed, SENTINELS, whyNotListed } from '../../configured/prefixes.ts'
import {
  at,
  childrenOf,
  element,
  findAll,
  textAt,
  type Xml,
  type XmlElement,
} from '../../transport/netconf/xml.ts'
import type { EditContext, NetconfDriver, Removal } from '../driver.ts'
import { filtersOf, isActive, isDropping, termsAhead } from './junos-effect.ts'
import { configuration, isIn, LISTS } from './junos-lists.ts'
import { openPlaces, placesSelected } from './junos-places.ts'
import { junosProvision } from './junos-provision.ts'
import { junosSwitches } from './junos-switches.ts'

/** Junos: a block is an item of a prefix list; the filters that use the lists are provisioned beforehand. */
export const junosDriver: NetconfDriver = {
  name: 'junos',
  capabilities: {
    kinds: ['acl'],
    components: [],
    pairs: false,
    marks: false,
    actions: ['drop'],
    families: [4, 6],
  },
  whyUnsupported: whyNotListed,

  select(what: 'all' | readonly EntryRule[], filterOn: readonly string[]): Xml {
    const asked = LISTS.filter((list) => what === 'all' || what.some((rule) => isIn(list, rule)))
    const lists = asked.map((list) => {
      const items = what === 'all' ? [] : what.filter((rule) => isIn(list, rule))
      const name = element('name', {}, list.name)
      return element('prefix-list', {}, name, ...items.map((rule) => item(prefixOf(rule))))
    })
    return configuration(
      element('policy-options', {}, ...lists),
      filtersOf(asked),
      ...placesSelected(filterOn),
    )
  },

  read(
    data: XmlElement | undefined,
    what: 'all' | readonly EntryRule[],
    filterOn: readonly string[],
  ): Listing {
    const found = at(data, 'configuration')
    const lists = childrenOf(at(found, 'policy-options'), 'prefix-list').filter(isActive)
    const rules = new Map<string, EntryRule>()
    const unsettled = new Map<string, EntryRule>()
    const missing: string[] = []
    let foreign = 0
    for (const list of LISTS) {
      const there = lists.find((one) => textAt(one, 'name') === list.name)
      const drops = isDropping(found, list)
      if (there === undefined) missing.push(`prefix list ${list.name}`)
      else if (!drops) missing.push(`term of filter CORDON-${list.family} that drops ${list.name}`)
      for (const one of childrenOf(there, 'prefix-list-item')) {
        const prefix = readListed(textAt(one, 'name') ?? '')
        if (prefix === SENTINELS[list.family]) continue
        const rule = prefix === undefined ? undefined : listedRule(list.end, prefix)
        if (rule === undefined || rule.match.family !== list.family) foreign += 1
        else (drops && isActive(one) ? rules : unsettled).set(rule.key, rule)
      }
    }
    const bypasses = [...openPlaces(found, filterOn), ...termsAhead(found, LISTS)]
    return { rules, unsettled, bypasses, foreign, missing: what === 'all' ? missing : [] }
  },

  edit({ put, remove }: EntryChange, removal: Removal, context?: EditContext): Xml {
    const lists = LISTS.flatMap((list) => {
      const leaving = remove.filter((rule) => isIn(list, rule))
      const coming = put.filter((rule) => isIn(list, rule))
      if (leaving.length + coming.length === 0) return []
      return [
        element(
          'prefix-list',
          {},
          element('name', {}, list.name),
          item(SENTINELS[list.family]),
          ...leaving.map((rule) => item(prefixOf(rule), removal)),
          ...coming.map((rule) => item(prefixOf(rule), undefined, context?.asleep.has(rule.key))),
        ),
      ]
    })
    return configuration(element('policy-options', {}, ...lists))
  },

  meanings: [
    [/database locked|exclusive|is locked|Users currently editing/i, 'locked'],
    [/database (has been )?modified|uncommitted changes/i, 'locked'],
    [/permission denied|not authorized|access denied/i, 'auth'],
    [/too many|exceeds? (the )?(maximum|limit)|out of (memory|space)|no (more )?space|tcam/i, 'capacity'],
  ],

  privateCandidate: {
    offeredBy: 'http://xml.juniper.net/netconf/junos/1.0',
    open: element('open-configuration', {}, element('private')),
    close: element('close-configuration'),
  },
  confirmedByAnyone: true,
  provision: junosProvision,
  switches: junosSwitches,

  clock: {
    ask: element('get-system-uptime-information'),
    read: (reply) => {
      const [time] = findAll(reply, 'current-time')
      const seconds = at(time, 'date-time')?.attributes.get('seconds')
      return seconds === undefined ? undefined : Number(seconds) * 1_000
    },
  },
}

function item(prefix: string, operation?: Removal, wake = false): Xml {
  const attributes = { 'nc:operation': operation, active: wake ? 'active' : undefined }
  return element('prefix-list-item', attributes, element('name', {}, prefix))
}

function prefixOf(rule: EntryRule): string {
  return listedOf(rule)?.prefix ?? ''
}
