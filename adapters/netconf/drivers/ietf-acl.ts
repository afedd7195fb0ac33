import { type Family, type Prefix, prefixesOverlap } from '../../../src/domain/prefix.ts'
import type { EntryRule, FilterRule } from '../../../src/domain/rule.ts'
import type { Bypass, EntryChange, Listing } from '../../configured/device.ts'
import { type End, listedOf, listedRule, readListed, whyNotListed } from '../../configured/prefixes.ts'
import { at, childrenOf, element, textAt, type Xml, type XmlElement } from '../../transport/netconf/xml.ts'
import type { NetconfDriver, Removal } from '../driver.ts'
import { ACL, ACLS, FAMILIES, REST, YANG } from './ietf-names.ts'
import { openPlaces, placesSelected } from './ietf-places.ts'
import { ietfProvision } from './ietf-provision.ts'
import { ietfSwitches } from './ietf-switches.ts'

const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system'

/** What the name of an entry of ours begins with; the rest of it says what it drops. */
const OURS = /^CORDON-(from|to)-(.+)$/

/** RFC 8519: a block is an entry of an access control list, by a name that says what it drops. */
export const ietfAclDriver: NetconfDriver = {
  name: 'ietf-acl',
  capabilities: { kinds: ['acl'], components: [], pairs: false, actions: ['drop'], families: [4, 6] },
  whyUnsupported: whyNotListed,

  select(what: 'all' | readonly EntryRule[], filterOn: readonly string[]): Xml {
    const lists = FAMILIES.flatMap((family) => {
      const name = element('name', {}, ACLS[family])
      if (what === 'all') return [element('acl', {}, name)]
      const names = what.filter((rule) => isOf(family, rule)).map((rule) => named(rule))
      return names.length === 0 ? [] : [element('acl', {}, name, element('aces', {}, ...names))]
    })
    return element('acls', { xmlns: ACL }, ...lists, ...placesSelected(filterOn))
  },

  read(
    data: XmlElement | undefined,
    what: 'all' | readonly EntryRule[],
    filterOn: readonly string[],
  ): Listing {
    const lists = new Map(childrenOf(at(data, 'acls'), 'acl').map((acl) => [textAt(acl, 'name'), acl]))
    const missing = FAMILIES.map((family) => ACLS[family]).filter((name) => !lists.has(name))
    const rules = new Map<string, EntryRule>()
    const bypasses: Bypass[] = [...openPlaces(data, filterOn)]
    let foreign = 0
    for (const family of FAMILIES) {
      const behind = new Set<string>()
      // From the last to the first, so that what an entry comes ahead of is known already.
      for (const entry of childrenOf(at(lists.get(ACLS[family]), 'aces'), 'ace').toReversed()) {
        const name = textAt(entry, 'name')
        const rule = readEntry(family, entry)
        if (rule !== undefined) {
          rules.set(rule.key, rule)
          behind.add(rule.key)
          continue
        }
        if (name !== REST) foreign += 1
        const words = `entry ${name} of ${ACLS[family]} comes ahead`
        if (accepts(entry) && behind.size > 0) bypasses.push(exempting(words, family, entry, new Set(behind)))
      }
    }
    const lacking = what === 'all' ? missing.map((name) => `access list ${name}`) : []
    return { rules, bypasses, foreign, missing: lacking }
  },

  edit({ put, remove }: EntryChange, removal: Removal): Xml {
    const lists = FAMILIES.flatMap((family) => {
      const leaving = remove.filter((rule) => isOf(family, rule)).map((rule) => named(rule, removal))
      const coming = put.filter((rule) => isOf(family, rule)).map((rule) => dropping(family, rule))
      if (leaving.length + coming.length === 0) return []
      const name = element('name', {}, ACLS[family])
      return [element('acl', {}, name, element('aces', {}, ...leaving, ...coming))]
    })
    return element('acls', { xmlns: ACL, 'xmlns:yang': YANG }, ...lists)
  },

  isOrdered: true,
  provision: ietfProvision,
  switches: ietfSwitches,
  clock: {
    ask: element(
      'get',
      {},
      element(
        'filter',
        { type: 'subtree' },
        element('system-state', { xmlns: SYSTEM }, element('clock', {}, element('current-datetime'))),
      ),
    ),
    read: (reply) => {
      const time = Date.parse(textAt(reply, 'data', 'system-state', 'clock', 'current-datetime') ?? '')
      return Number.isNaN(time) ? undefined : time
    },
  },

  meanings: [[/too many|limit|out of (memory|space|resources)|no (more )?space|tcam/i, 'capacity']],
}

function isOf(family: Family, rule: EntryRule): boolean {
  return listedOf(rule)?.family === family
}

function nameOf(rule: EntryRule): string {
  const listed = listedOf(rule)
  return `CORDON-${listed?.end ?? ''}-${listed?.prefix ?? ''}`
}

function named(rule: EntryRule, operation?: Removal): Xml {
  return element('ace', { 'nc:operation': operation }, element('name', {}, nameOf(rule)))
}

/** Ahead of everything else: what stands behind an entry that accepts would never be asked. */
function dropping(family: Family, rule: EntryRule): Xml {
  const { end, prefix } = listedOf(rule) ?? { end: 'to', prefix: '' }
  return element(
    'ace',
    { 'yang:insert': 'first' },
    element('name', {}, nameOf(rule)),
    element('matches', {}, element(`ipv${family}`, {}, element(networkAt(end, family), {}, prefix))),
    element('actions', {}, element('forwarding', {}, 'drop')),
  )
}

function networkAt(end: End, family: Family): string {
  return `${end === 'from' ? 'source' : 'destination'}-ipv${family}-network`
}

/** An entry of ours that drops just what its name says. @returns undefined when it is not one */
function readEntry(family: Family, entry: XmlElement): FilterRule | undefined {
  const [, end, text] = OURS.exec(textAt(entry, 'name') ?? '') ?? []
  if (end !== 'from' && end !== 'to') return undefined
  const prefix = readListed(text ?? '')
  const ways = at(entry, 'matches')?.children ?? []
  const fields = ways[0]?.children ?? []
  const isExact =
    ways.length === 1 &&
    ways[0]?.name === `ipv${family}` &&
    fields.length === 1 &&
    fields[0]?.name === networkAt(end, family) &&
    readListed(fields[0].text.trim()) === prefix
  const forwarding = textAt(entry, 'actions', 'forwarding')?.replace(/^.*:/, '')
  if (prefix === undefined || !isExact || forwarding !== 'drop') return undefined
  const rule = listedRule(end, prefix)
  return rule.match.family === family ? rule : undefined
}

function accepts(entry: XmlElement): boolean {
  return textAt(entry, 'actions', 'forwarding')?.replace(/^.*:/, '') === 'accept'
}

/** @param behind keys of entries that come after it; those that it does not touch are not passed by */
function exempting(words: string, family: Family, entry: XmlElement, behind: ReadonlySet<string>): Bypass {
  const networkOf = (end: End): Prefix | undefined =>
    readListed(textAt(entry, 'matches', `ipv${family}`, networkAt(end, family)) ?? '')
  const networks = { from: networkOf('from'), to: networkOf('to') }
  return {
    words,
    concerns: (rule) => {
      const listed = listedOf(rule)
      if (listed === undefined || !behind.has(rule.key)) return false
      const network = networks[listed.end]
      return network === undefined || prefixesOverlap(network, listed.prefix)
    },
  }
}
