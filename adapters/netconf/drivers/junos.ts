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
import type { NetconfDriver, Removal } from '../driver.ts'
import { configuration, LISTS, type List } from './junos-lists.ts'
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

  select(what: 'all' | readonly EntryRule[]): Xml {
    const lists = LISTS.flatMap((list) => {
      const name = element('name', {}, list.name)
      if (what === 'all') return [element('prefix-list', {}, name)]
      const items = what.filter((rule) => isIn(list, rule)).map((rule) => item(prefixOf(rule)))
      return items.length === 0 ? [] : [element('prefix-list', {}, name, ...items)]
    })
    return configuration(element('policy-options', {}, ...lists))
  },

  read(data: XmlElement | undefined, what: 'all' | readonly EntryRule[]): Listing {
    const options = at(data, 'configuration', 'policy-options')
    const found = new Map(childrenOf(options, 'prefix-list').map((one) => [textAt(one, 'name'), one]))
    const missing = LISTS.filter(({ name }) => what === 'all' && !found.has(name))
    const rules = new Map<string, EntryRule>()
    let foreign = 0
    for (const list of LISTS)
      for (const one of childrenOf(found.get(list.name), 'prefix-list-item')) {
        const prefix = readListed(textAt(one, 'name') ?? '')
        if (prefix === SENTINELS[list.family]) continue
        const rule = prefix === undefined ? undefined : listedRule(list.end, prefix)
        if (rule === undefined || rule.match.family !== list.family) foreign += 1
        else rules.set(rule.key, rule)
      }
    return { rules, foreign, missing: missing.map(({ name }) => `prefix list ${name}`) }
  },

  edit({ put, remove }: EntryChange, removal: Removal): Xml {
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
          ...coming.map((rule) => item(prefixOf(rule))),
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

function item(prefix: string, operation?: Removal): Xml {
  return element('prefix-list-item', { 'nc:operation': operation }, element('name', {}, prefix))
}

function isIn({ family, end }: List, rule: EntryRule): boolean {
  const listed = listedOf(rule)
  return listed?.family === family && listed.end === end
}

function prefixOf(rule: EntryRule): string {
  return listedOf(rule)?.prefix ?? ''
}
