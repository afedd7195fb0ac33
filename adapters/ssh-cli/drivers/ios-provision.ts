import { prefixAddress } from '../../../src/domain/prefix.ts'
import { SENTINELS } from '../../configured/prefixes.ts'
import type { CliProvision, ProvisionPlan, Section } from '../driver.ts'
import { GROUPS, readGroup } from './ios-group.ts'
import { LIST, readList } from './ios-list.ts'
import { dropping, FILTER, filterLines } from './ios-places.ts'

/** The permit first: a list that stands on an interface already drops everything from its first deny on. */
const FILTER_LINES = [
  '1000 permit ip any any',
  ...GROUPS.map(({ name, end }, index) => `${10 * (index + 1)} ${dropping(name, end)}`),
]
const LIST_LINES = [
  'sequence 1000000 permit ipv6 any any',
  `sequence 10 deny ipv6 host ${prefixAddress(SENTINELS[6])} any`,
]
const MEMBER = `host ${prefixAddress(SENTINELS[4])}`

/** How an interface names a filter for what comes in. */
const ATTACHED = [
  {
    filter: FILTER,
    line: `ip access-group ${FILTER} in`,
    pattern: /^ip access-group (\S+) in$/,
    head: `lines 10 and 20 of ${FILTER}`,
  },
  {
    filter: LIST,
    line: `ipv6 traffic-filter ${LIST} in`,
    pattern: /^ipv6 traffic-filter (\S+) in$/,
    head: `what is in ${LIST}`,
  },
]

/** Groups, a list a family, and both on the interfaces where packets come in. */
export const iosProvision: CliProvision = {
  text: (device, filterOn) =>
    [
      `! Cordon on ${device}, for IOS and IOS XE. Paste it in configuration mode; an interface that has a list of its own`,
      `! needs lines 10 and 20 at the head of that one, and for IPv6 all of ${LIST}, instead of ours;`,
      '! it does not belong into filterOn then, as Cordon looks at its own lists alone.',
      ...GROUPS.flatMap(({ name }) => [`object-group network ${name}`, ` ${MEMBER}`]),
      `ip access-list extended ${FILTER}`,
      ...FILTER_LINES.map((line) => ` ${line}`),
      `ipv6 access-list ${LIST}`,
      ...LIST_LINES.map((line) => ` ${line}`),
      ...(filterOn.length === 0 ? ['! filterOn of the device names no interface yet.'] : []),
      ...filterOn.flatMap((name) => [`interface ${name}`, ...ATTACHED.map(({ line }) => ` ${line}`)]),
      '! Kill switch, without Cordon, on each of these interfaces (one line a family):',
      ...ATTACHED.map(({ line }) => `!   no ${line}`),
      '',
    ].join('\n'),

  looks: (filterOn) => [
    ...GROUPS.map(({ name }) => `show object-group ${name}`),
    `show ip access-lists ${FILTER}`,
    `show ipv6 access-list ${LIST}`,
    ...filterOn.map((name) => `show running-config interface ${name}`),
  ],

  plan(answers, filterOn) {
    const groups = GROUPS.map((where, index) => readGroup(where, answers[index] ?? []))
    const filter = answers[GROUPS.length] ?? []
    const list = readList(answers[GROUPS.length + 1] ?? [])
    const filterFound = filterPart(filter)
    const usable = ATTACHED.filter((one) => one.filter !== FILTER || filterFound.byHand.length === 0)
    const places = filterOn.map((name, index) =>
      placeOf(name, usable, answers[GROUPS.length + 2 + index] ?? []),
    )
    const parts: readonly ProvisionPlan[] = [
      ...groups
        .filter(({ isThere, hasSentinel }) => !isThere || !hasSentinel)
        .map(({ where: { name } }) =>
          lacking(`object group ${name}`, `object-group network ${name}`, '(config-network-group)#', [
            MEMBER,
          ]),
        ),
      filterFound,
      ...(list.isThere && list.hasSentinel && list.hasPermit
        ? []
        : [
            lacking(`IPv6 access list ${LIST}`, `ipv6 access-list ${LIST}`, '(config-ipv6-acl)#', LIST_LINES),
          ]),
      ...places,
    ]
    return {
      sections: parts.flatMap(({ sections }) => sections),
      lacking: parts.flatMap((part) => part.lacking),
      byHand: parts.flatMap(({ byHand }) => byHand),
    }
  },
}

const NOTHING: ProvisionPlan = { sections: [], lacking: [], byHand: [] }

/** A section a line: what comes behind one that is refused is not typed. */
function lacking(what: string, line: string, mode: string, lines: readonly string[]): ProvisionPlan {
  const sections = lines.map(
    (text): Section => ({ place: { line, mode }, edits: [{ line: text, keys: [`${what}: ${text}`] }] }),
  )
  return { sections, lacking: [what], byHand: [] }
}

/** Ours as a whole, or somebody's: a filter that was changed is not written over. */
function filterPart(lines: readonly string[]): ProvisionPlan {
  const isThere = lines.some((line) =>
    new RegExp(`^Extended IP access list ${FILTER}$`, 'i').test(line.trim()),
  )
  if (!isThere)
    return lacking(
      `access list ${FILTER}`,
      `ip access-list extended ${FILTER}`,
      '(config-ext-nacl)#',
      FILTER_LINES,
    )
  const found = filterLines(lines)
  const [permit, ...denies] = FILTER_LINES.map((line) => line.replace(/^\d+ /, ''))
  if (found.join('\n') === [...denies, permit].join('\n')) return NOTHING
  return {
    ...NOTHING,
    byHand: [
      `the lines of ${FILTER} are not Cordon's: put right what cordon provision prints, or remove the list`,
    ],
  }
}

/** @param usable what may be put there: a filter that may lack its permit would drop everything */
function placeOf(name: string, usable: typeof ATTACHED, lines: readonly string[]): ProvisionPlan {
  const configured = lines.map((line) => line.trim())
  if (!configured.some((line) => line.toLowerCase() === `interface ${name}`.toLowerCase()))
    return { ...NOTHING, byHand: [`there is no interface ${name}: filterOn names it`] }
  const found = usable.map((one) => ({
    ...one,
    theirs: configured.flatMap((line) => one.pattern.exec(line)?.[1] ?? [])[0],
  }))
  const open = found.filter(({ theirs }) => theirs === undefined)
  const byHand = found.flatMap(({ line, theirs, head }) =>
    theirs === undefined || line.includes(` ${theirs} `)
      ? []
      : [`${name} has the list ${theirs}: put ${head} at the head of it, and take ${name} out of filterOn`],
  )
  if (open.length === 0) return { ...NOTHING, byHand }
  const added = open.map(({ line }) => line)
  return { ...lacking(`the filters on ${name}`, `interface ${name}`, '(config-if)#', added), byHand }
}
