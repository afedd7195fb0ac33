import type { Outcome } from '../batches.ts'
import type { Shown } from '../output/output.ts'
import type { Paint, Style } from '../output/paint.ts'
import { type Cell, type Column, renderFields, renderTable } from '../output/table.ts'

const STYLES: Readonly<Record<Outcome['outcome'], Style>> = {
  recorded: 'good',
  proposed: 'warn',
  refused: 'bad',
  failed: 'bad',
  unknown: 'warn',
  left: 'dim',
}

/** What became of every line: in a table the counts and the lines that were not taken, in `wide` all lines. */
export function showBulk(outcomes: readonly Outcome[]): Shown {
  return {
    value: {
      ...Object.fromEntries(KINDS.map((kind) => [kind, of(outcomes, kind).length])),
      lines: outcomes.map(({ why: _, ...line }) => line),
    },
    text: (paint, wide) => bulkText(outcomes, paint, wide),
    names: () => of(outcomes, 'recorded').map(nameOf),
  }
}

const KINDS = ['recorded', 'proposed', 'refused', 'failed', 'unknown', 'left'] as const

function of(outcomes: readonly Outcome[], kind: Outcome['outcome']): Outcome[] {
  return outcomes.filter(({ outcome }) => outcome === kind)
}

function bulkText(outcomes: readonly Outcome[], paint: Paint, wide: boolean): string {
  const fields = KINDS.map((kind): [string, Cell | undefined] => [
    kind,
    countCell(kind, of(outcomes, kind), outcomes),
  ])
  const listed = wide
    ? outcomes
    : outcomes.filter(({ outcome }) => ['proposed', 'refused', 'failed'].includes(outcome))
  const table = listed.length === 0 ? '' : `\n${renderTable(COLUMNS, listed, paint, wide)}`
  return renderFields(fields, paint) + table
}

function countCell(kind: Outcome['outcome'], own: readonly Outcome[], all: readonly Outcome[]) {
  const style = STYLES[kind]
  if (kind === 'recorded') return { text: `${own.length} of ${all.length}`, style }
  if (own.length === 0) return undefined
  const where = kind === 'unknown' || kind === 'left' ? `: ${spanOf(own)}` : ''
  return { text: `${own.length}${where}`, style }
}

/** Lines that follow each other, by the first and the last of them. */
export function spanOf(outcomes: readonly Outcome[]): string {
  const first = outcomes[0]?.line
  const last = outcomes.at(-1)?.line
  return first === last ? `line ${first}` : `lines ${first} to ${last}`
}

function nameOf({ id }: Outcome): string {
  return `Cordon#${id}`
}

const COLUMNS: readonly Column<Outcome>[] = [
  { title: 'LINE', cell: ({ line }) => String(line) },
  { title: 'TARGET', cell: ({ target }) => target },
  { title: 'BLOCK', cell: (one) => (one.id === undefined ? '' : nameOf(one)), wide: true },
  { title: 'OUTCOME', cell: ({ outcome }) => ({ text: outcome, style: STYLES[outcome] }) },
  { title: 'WHY', cell: ({ why }) => why ?? '' },
]
