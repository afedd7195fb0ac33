import type { ReplayReport } from '../local/policy-replay.ts'
import type { Shown } from '../output/output.ts'
import type { Style } from '../output/paint.ts'
import { type Cell, type Column, type Fields, renderFields, renderTable } from '../output/table.ts'
import { localText, spanText } from '../output/time.ts'

type Change = ReplayReport['changes'][number]
type Affected = ReplayReport['people']['newly']

/** What a replay was asked for and what came of it, as an object for programs and in words. */
export function showReplay(
  asked: { readonly from: string; readonly to: string; readonly policies: string; readonly config: string },
  ledger: string,
  report: ReplayReport,
  limit: number,
): Shown {
  return {
    value: { ...asked, ledger, ...report },
    names: () => report.changes.map(({ incident }) => incident),
    text: (paint, wide) => {
      const shown = report.changes.slice(0, limit)
      const table = shown.length === 0 ? '' : `${renderTable(COLUMNS, shown, paint, wide)}\n`
      const left = report.changes.length - shown.length
      const more: Fields =
        left === 0
          ? []
          : [['more', `${left} differences are not listed; say --limit ${report.changes.length}`]]
      const fields: Fields = [
        ...more,
        ['span', `${localText(Date.parse(asked.from))} to ${localText(Date.parse(asked.to))}`],
        ['policies', asked.policies],
        ['by', `inventory, placements and limits of now (${asked.config})`],
        ...fieldsOf(report),
      ]
      return table + renderFields(fields, paint)
    },
  }
}

const KINDS: Readonly<Record<Change['kind'], Style>> = {
  added: 'warn',
  missing: 'bad',
  changed: 'warn',
  longer: 'warn',
  shorter: 'plain',
}

const COLUMNS: readonly Column<Change>[] = [
  { title: 'BLOCK', cell: ({ was }) => was?.blocks.map((id) => `Cordon#${id}`).join(' ') ?? '-' },
  { title: 'WOULD BE', cell: (change): Cell => ({ text: kindText(change), style: KINDS[change.kind] }) },
  { title: 'TARGET', cell: ({ target }) => target },
  { title: 'LASTED', cell: ({ was }) => lastsText(was) },
  { title: 'WOULD LAST', cell: ({ would }) => lastsText(would) },
  { title: 'RULE', cell: ({ was }) => ruleText(was) },
  { title: 'WOULD RULE', cell: ({ would }) => ruleText(would) },
  { title: 'SOURCE', cell: ({ source }) => source, most: 20 },
  { title: 'INCIDENT', cell: ({ incident }) => incident, most: 30 },
  { title: 'TRIGGER', cell: ({ trigger }) => String(trigger), wide: true },
  { title: 'DID', cell: ({ was }) => was?.does.join('; ') ?? '', wide: true },
  { title: 'WOULD DO', cell: ({ would }) => would?.does.join('; ') ?? '', wide: true },
]

function kindText({ kind, fields, byMs, would }: Change): string {
  if (kind === 'changed') return `changed: ${fields.join(', ')}`
  if (kind === 'added') return would?.asks === true ? 'added, people are asked' : 'added'
  if (kind === 'missing' || byMs === null) return kind
  return `${kind} by ${spanText(Math.abs(byMs))}`
}

function lastsText(side: Change['was']): string {
  if (side === undefined) return '-'
  if (side.asks && side.lastsMs === 0) return 'asks'
  return side.lastsMs === null ? 'without end' : spanText(side.lastsMs)
}

function ruleText(side: Change['was']): string {
  return side?.policy === undefined ? '-' : `${side.policy}/${side.rule ?? ''}`
}

function fieldsOf(report: ReplayReport): Fields {
  const { triggers, blocks, people, trips, undecided, unhit } = report
  return [
    ['triggers', `${triggers.replayed} decided about again, ${triggers.differently} of them otherwise`],
    ['verdicts', VERDICTS.map((one) => `${one} ${triggers.was[one]} → ${triggers.would[one]}`).join(', ')],
    [
      'blocks',
      `${blocks.was} → ${blocks.would}: ${KINDS_COUNTED.map((one) => `${blocks[one]} ${one}`).join(', ')}`,
    ],
    ['newly hit', affectedText(people.newly)],
    ['no more hit', affectedText(people.noLonger)],
    [
      'breakers',
      trips.map(({ breaker, limit, at }) =>
        warned(
          `${breaker} would have tripped at ${localText(Date.parse(at))}: ${limit}; nothing was taken there until somebody reset it`,
        ),
      ),
    ],
    ['undecided', undecided.map(({ policy, why, count }) => warned(`${count} by ${policy}: ${why}`))],
    [
      'never hit',
      unhit.length === 0 ? undefined : unhit.map(({ policy, rule }) => `${policy}/${rule}`).join(', '),
    ],
    ['left out', leftOut(report)],
  ]
}

const VERDICTS = ['block', 'ask', 'refuse', 'ignore', 'none'] as const
const KINDS_COUNTED = ['same', 'added', 'missing', 'changed', 'longer', 'shorter'] as const

function warned(text: string): Cell {
  return { text, style: 'warn' }
}

function affectedText(hits: Affected): string {
  const { ipv4Addresses, ipv6Hosts, knownHosts, sharedUsers, departments, connections, outside } = hits
  const words = [
    ...(ipv4Addresses === 0 ? [] : [`${ipv4Addresses} IPv4 addresses`]),
    ...(ipv6Hosts === 0 ? [] : [`${ipv6Hosts} IPv6 hosts`]),
    ...(knownHosts === 0 ? [] : [`${knownHosts} known hosts`]),
    ...(sharedUsers === 0 ? [] : [`${sharedUsers} users behind shared addresses`]),
    ...(departments.length === 0 ? [] : [`departments ${departments.join(', ')}`]),
    ...(connections.length === 0 ? [] : [`connections ${connections.join(', ')}`]),
  ]
  if (words.length === 0) return 'nobody'
  return `${words.join(', ')}${outside ? ', some of it outside' : ''}`
}

/** What no replay can know. */
function leftOut({ triggers, blocks, unkept, guessed }: ReplayReport): Cell[] {
  return [
    ...(triggers.redacted === 0
      ? []
      : [`${triggers.redacted} triggers whose personal data was erased; what they led to is kept`]),
    ...(blocks.erased === 0
      ? []
      : [`${blocks.erased} blocks that cannot be compared, as their personal data was erased`]),
    ...(unkept === 0 ? [] : [`${unkept} deeds about blocks that would not have been there`]),
    ...(guessed === 0
      ? []
      : [`${guessed} blocks at addresses that change hands, as if those who had them still did`]),
  ].map(warned)
}
