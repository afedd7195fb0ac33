import type { EntryRule } from '../../../src/domain/rule.ts'
import type { EntryChange } from '../../configured/device.ts'
import { whyNotListed } from '../../configured/prefixes.ts'
import type { CliDriver, Look, Plan, Section } from '../driver.ts'
import { GROUPS, groupEdits, type ObjectGroup, readGroup } from './ios-group.ts'
import { type AccessList, LIST, listEdits, readList } from './ios-list.ts'

/**
 * IOS and IOS XE: a block is a member of an object group, which a line of a filter names, and for IPv6, where there are no
 * such groups, a line of a list of its own. Groups, list and filters are provisioned beforehand.
 */
export const iosDriver: CliDriver = {
  name: 'ios',
  platform: {
    name: 'ios',
    modes: /(?:\([a-z0-9-]{1,40}\))?[>#]/,
    user: '>',
    exec: '#',
    setup: ['terminal length 0', 'terminal width 0', 'terminal monitor'],
    more: /--\s?More\s?--\s*$/i,
    notice: /(?:^|: )%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+: /,
    alarms: [[/TCAM|UNLOADED|not programmed|OUT_?OF_?(?:SPACE|RESOURCES?)|EXHAUST/i, 'capacity']],
    errors: [
      [/^(?:% ?)?(?:command )?authorization failed/i, 'auth'],
      [/^%? ?configuration mode (?:is )?locked/i, 'locked'],
      [
        /^%.*(?:limit|exceed|tcam|out of (?:memory|space|resources)|no (?:more )?(?:space|room)|maximum)/i,
        'capacity',
      ],
      [/^%(?! ?(?:warning|note)\b)/i, 'rejected'],
    ],
  },
  way: {
    begin: ['configure terminal'],
    mode: '(config)#',
    leave: 'exit',
    end: 'end',
    save: { line: 'write memory', done: /\[OK\]/ },
  },
  capabilities: {
    ...{ kinds: ['acl'], components: [], pairs: false, marks: false },
    ...{ actions: ['drop'], families: [4, 6] },
  },
  whyUnsupported: whyNotListed,
  looks: [...GROUPS.map(({ name }) => `show object-group ${name}`), `show ipv6 access-list ${LIST}`],
  read(answers) {
    const groups = GROUPS.map((where, index) => readGroup(where, answers[index] ?? []))
    return lookAt(groups, readList(answers[GROUPS.length] ?? []))
  },
}

function lookAt(groups: readonly ObjectGroup[], list: AccessList): Look {
  const containers = [...groups, list]
  const missing = [
    ...groups.filter(({ isThere }) => !isThere).map(({ where }) => `object group ${where.name}`),
    ...(list.isThere ? [] : [`IPv6 access list ${LIST}`]),
  ]
  return {
    listing: {
      rules: new Map<string, EntryRule>(containers.flatMap(({ rules }) => [...rules])),
      foreign: containers.reduce((sum, { foreign }) => sum + foreign, 0),
      missing,
    },
    plan: (change) => planFor(change, groups, list),
  }
}

function planFor(change: EntryChange, groups: readonly ObjectGroup[], list: AccessList): Plan {
  const { edits, refusals } = listEdits(list, change)
  const sections: Section[] = groups.map((group) => ({
    place: { line: `object-group network ${group.where.name}`, mode: '(config-network-group)#' },
    edits: groupEdits(group, change),
  }))
  const lines: Section = {
    place: { line: `ipv6 access-list ${LIST}`, mode: '(config-ipv6-acl)#' },
    edits,
  }
  return { sections: [...sections, lines].filter((one) => one.edits.length > 0), refusals }
}
