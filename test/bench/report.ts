import { appendFileSync } from 'node:fs'
import { type Figure, isMet, kindOf } from './figures.ts'

const COLUMNS = ['figure', 'value', 'target', '', 'n', 'p50 / p99 / max', 'repetitions'] as const

/** One line for machines; the same fields for every figure, and more for a distribution. */
export function jsonLine(figure: Figure): string {
  const { suite, unit } = kindOf(figure.name)
  const { name, n, value, spread, runs, broken } = figure
  return JSON.stringify({ suite, name, unit, n, value, ...spread, runs, broken }, (_key, one: unknown) =>
    typeof one === 'number' ? rounded(one) : one,
  )
}

export function appendJson(file: string, figures: readonly Figure[]): void {
  appendFileSync(file, figures.map((figure) => `${jsonLine(figure)}\n`).join(''))
}

/** A table that is Markdown too, so that it can be put into the documentation as it is. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = [COLUMNS, ...figures.map(rowOf)]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length), 3))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  const [head, ...body] = rows.map(line)
  return [head, rule, ...body].join('\n')
}

export function notesOf(figures: readonly Figure[]): string {
  return figures
    .flatMap(({ name, note, broken }) => [
      ...(broken === undefined ? [] : [`${name}: NOT VALID: ${broken}`]),
      ...(note === undefined ? [] : [`${name}: ${note}`]),
    ])
    .join('\n')
}

function rowOf(figure: Figure): readonly string[] {
  const { unit, goal } = kindOf(figure.name)
  const { spread, runs = [] } = figure
  return [
    figure.name,
    `${plain(figure.value)} ${unit}`,
    goal === undefined ? '' : `${goal.sense} ${plain(goal.value)}`,
    goal === undefined ? '' : isMet(goal, figure) ? 'met' : 'MISSED',
    plain(figure.n),
    spread === undefined ? '' : [spread.p50, spread.p99, spread.max].map(plain).join(' / '),
    runs.length > 1 ? runs.map(plain).join(', ') : '',
  ]
}

function plain(value: number): string {
  return rounded(value).toLocaleString('en-US', { maximumFractionDigits: 3 })
}

/** Three digits say all that one machine on one day can say. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
