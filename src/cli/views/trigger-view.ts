import type { Incident, IncidentHistory, Word } from '../http/wire-triggers.ts'
import type { Shown } from '../output/output.ts'
import type { Style } from '../output/paint.ts'
import { type Cell, type Column, renderFields, renderTable } from '../output/table.ts'
import { localText, relativeText } from '../output/time.ts'

const VERDICTS: Readonly<Record<string, Style>> = { block: 'bad', ask: 'warn', refuse: 'warn' }

/** Incidents, one a line. */
export function showIncidents(incidents: readonly Incident[], now: () => number): Shown {
  return {
    value: { incidents },
    names: () => incidents.map(({ trigger }) => String(trigger)),
    text: (paint, wide) => renderTable(columns(now), incidents, paint, wide),
  }
}

function columns(now: () => number): Column<Incident>[] {
  return [
    { title: 'TRIGGER', cell: ({ trigger }) => String(trigger) },
    { title: 'SOURCE', cell: ({ source, sourceName }) => sourceName ?? source, most: 20 },
    { title: 'IS', cell: ({ open }) => (open ? { text: 'open', style: 'warn' } : 'closed') },
    { title: 'TARGET', cell: ({ target }) => target },
    { title: 'CATEGORY', cell: ({ category }) => category },
    { title: 'LAST WORD', cell: ({ at }) => relativeText(Date.parse(at), now()) },
    { title: 'VERDICT', cell: verdictCell },
    { title: 'DEED', cell: ({ deed }) => deed },
    { title: 'RULE', cell: ruleText },
    { title: 'BLOCK', cell: ({ blocks }) => blocks.map(({ name }) => name).join(' ') },
    { title: 'OPENED', cell: ({ opens }) => String(opens), wide: true },
    { title: 'ATTACK', cell: ({ attack }) => attack ?? '', wide: true },
    { title: 'INCIDENT', cell: ({ id }) => id, most: 40 },
  ]
}

/** A trigger, and all that was said of its incident. */
export function showIncident(history: IncidentHistory): Shown {
  const { trigger, source, format, record, words, earlier } = history
  return {
    value: history,
    names: () => words.map((word) => String(word.trigger)),
    text: (paint, wide) => {
      const head = renderFields(
        [
          ['trigger', String(trigger)],
          ['source', `${source} (${format})`],
          ...Object.entries(record).map(([name, value]): [string, Cell] => [name, valueText(value)]),
        ],
        paint,
      )
      const left = earlier === 0 ? '' : `${paint('dim', `${earlier} earlier ones are not shown`)}\n`
      return `${head}\n${left}${renderTable(WORDS, words, paint, wide)}`
    },
  }
}

const WORDS: readonly Column<Word>[] = [
  { title: 'TRIGGER', cell: ({ trigger }) => String(trigger) },
  { title: 'AT', cell: ({ at }) => localText(Date.parse(at)) },
  { title: 'SAYS', cell: ({ kind }) => kind },
  { title: 'TARGET', cell: ({ target }) => target ?? '', wide: true },
  { title: 'CATEGORY', cell: ({ category }) => category, wide: true },
  { title: 'VERDICT', cell: verdictCell },
  { title: 'DEED', cell: ({ deed }) => deed },
  { title: 'RULE', cell: ruleText },
  { title: 'BLOCK', cell: ({ name }) => name ?? '' },
  { title: 'WHY', cell: ({ why }) => why ?? '', most: 60 },
]

function verdictCell({ verdict }: Pick<Word, 'verdict'>): Cell {
  return { text: verdict, style: VERDICTS[verdict] ?? 'plain' }
}

function ruleText({ policy, rule }: Pick<Word, 'policy' | 'rule'>): string {
  return policy === undefined ? '' : `${policy}/${rule ?? ''}`
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
