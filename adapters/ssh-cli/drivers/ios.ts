import type { EntryRule } from '../../../src/domain/rule.ts'
import type { Bypass, EntryChange } from '../../configured/device.ts'
import { whyNotListed } from '../../configured/prefixes.ts'
import type { CliDriver, Look, Plan } from '../driver.ts'
import { GROUPS, groupEdits, type ObjectGroup, readGroup } from './ios-group.ts'
import { type AccessList, LIST, listEdits, readList } from './ios-list.ts'
import { openPlaces, placeLooks } from './ios-places.ts'
import { iosProvision } from './ios-provision.ts'
import { iosSwitches } from './ios-switches.ts'

const LOOKS = [...GROUPS.map(({ name }) => `show object-group ${name}`), `show ipv6 access-list ${LIST}`]

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
  looks: LOOKS,
  placeLooks,
  provision: iosProvision,
  switches: iosSwitches,
  clock: { ask: 'show clock', read: readClock },
  read(answers, filterOn) {
    const groups = GROUPS.map((where, index) => readGroup(where, answers[index] ?? []))
    const list = readList(answers[GROUPS.length] ?? [])
    return lookAt(groups, list, [...openPlaces(answers.slice(LOOKS.length), filterOn), ...list.bypasses])
  },
}

/**
 * Reads `*16:54:12.123 UTC Sun Nov 22 2026`; a star or a dot says that the time is not from a time server. Names of time zones are the
 * site's own, so only UTC and GMT are known for what they are.
 */
function readClock(lines: readonly string[]): number | undefined {
  const found = lines
    .map((line) =>
      /^[*.]?(\d\d:\d\d:\d\d)(?:\.\d+)? (UTC|GMT) \w{3} (\w{3}) (\d+) (\d{4})$/.exec(line.trim()),
    )
    .find((match) => match !== null)
  if (found === undefined || found === null) return undefined
  const [, time, , month, day, year] = found
  const ms = Date.parse(`${day} ${month} ${year} ${time} UTC`)
  return Number.isNaN(ms) ? undefined : ms
}

function lookAt(groups: readonly ObjectGroup[], list: AccessList, bypasses: readonly Bypass[]): Look {
  const containers = [...groups, list]
  const missing = [
    ...groups.filter(({ isThere }) => !isThere).map(({ where }) => `object group ${where.name}`),
    ...(list.isThere ? [] : [`IPv6 access list ${LIST}`]),
  ]
  return {
    listing: {
      rules: new Map<string, EntryRule>(containers.flatMap(({ rules }) => [...rules])),
      foreign: containers.reduce((sum, { foreign }) => sum + foreign, 0),
      ...{ bypasses, missing },
    },
    plan: (change) => planFor(change, groups, list),
  }
}

function planFor(change: EntryChange, groups: readonly ObjectGroup[], list: AccessList): Plan {
  const parts = [
    ...groups.map((group) => ({
      place: { line: `object-group network ${group.where.name}`, mode: '(config-network-group)#' },
      ...groupEdits(group, change),
    })),
    { place: { line: `ipv6 access-list ${LIST}`, mode: '(config-ipv6-acl)#' }, ...listEdits(list, change) },
  ]
  return {
    sections: parts.filter(({ edits }) => edits.length > 0),
    refusals: new Map(parts.flatMap(({ refusals }) => [...refusals])),
  }
}
