import type { DeviceCheck, Finding } from '../http/wire.ts'
import type { Shown } from '../output/output.ts'
import type { Style } from '../output/paint.ts'
import { type Cell, type Column, renderFields, renderTable } from '../output/table.ts'
import { fullText } from '../output/time.ts'
import { actionText } from './spec.ts'

const MEANINGS: Readonly<Record<string, readonly [words: string, style: Style]>> = {
  missing: ['wanted and not there', 'bad'],
  extra: ['there, and no block explains them', 'bad'],
  different: ['there with another action', 'bad'],
  uncertain: ['of which the device cannot tell', 'warn'],
  waiting: ['not yet told, or refused', 'warn'],
  leaving: ['about to be removed', 'warn'],
}

/** What a check found, with what to do about it. */
export function showCheck(check: DeviceCheck, now: () => number): Shown {
  return {
    value: check,
    names: () => check.findings.map(({ rule }) => rule),
    text: (paint, wide) => {
      const fields = renderFields(
        [
          ['device', `${check.device} (${check.kind})`],
          ['state', stateCell(check)],
          ['read', readText(check, now)],
          ['rules', check.held === undefined ? undefined : rulesText(check)],
          ['differ', Object.entries(check.counts).flatMap(countCell)],
          ['enforcers', check.enforcers.map(enforcerCell)],
          ...(check.checks ?? []).map(checkField),
        ],
        paint,
      )
      const found =
        check.findings.length === 0 ? '' : `\n${renderTable(COLUMNS, check.findings, paint, wide)}`
      return fields + found
    },
  }
}

function checkField({ what, ok, words }: NonNullable<DeviceCheck['checks']>[number]): [string, Cell] {
  return [what, { text: ok ? words : `NOT OK: ${words}`, style: ok ? 'good' : 'bad' }]
}

function stateCell({ error, inLine, device, checks = [] }: DeviceCheck): Cell {
  if (error !== undefined)
    return { text: `it could not be read: ${error.class}: ${error.words}`, style: 'bad' }
  if (inLine) return { text: 'as wanted', style: 'good' }
  if (checks.some(({ ok }) => !ok)) return { text: 'it lacks what is said below', style: 'bad' }
  return { text: `not as wanted; bring it in line with: cordon devices resync ${device}`, style: 'bad' }
}

function readText({ readAt, tookMs }: DeviceCheck, now: () => number): string | undefined {
  if (readAt === undefined) return undefined
  return `${fullText(Date.parse(readAt), { now })}, took ${tookMs ?? 0} ms`
}

function rulesText({ held = 0, wanted = 0, foreign = 0 }: DeviceCheck): string {
  return `${held} there, ${wanted} wanted; ${foreign} entries of others beside them`
}

function countCell([what, count]: [string, number]): Cell[] {
  const [words, style] = MEANINGS[what] ?? [what, 'warn']
  return count === 0 ? [] : [{ text: `${count} ${words}`, style }]
}

function enforcerCell({
  name,
  trouble,
  expected,
  seen,
  unseen,
  lingering,
}: DeviceCheck['enforcers'][number]): Cell {
  const parts = [
    `${name}: ${seen} of ${expected} seen`,
    ...(unseen.length === 0 ? [] : [`not ${unseen.slice(0, 3).join('; ')}${unseen.length > 3 ? '; …' : ''}`]),
    ...(lingering.length === 0 ? [] : [`${lingering.length} still there`]),
    ...(trouble === undefined ? [] : [`cannot be watched: ${trouble}`]),
  ]
  const bad = unseen.length > 0 || lingering.length > 0
  return { text: parts.join(', '), style: bad ? 'bad' : trouble === undefined ? 'good' : 'warn' }
}

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'WHAT', cell: ({ what }) => ({ text: what, style: MEANINGS[what]?.[1] ?? 'plain' }) },
  { title: 'RULE', cell: ({ rule }) => rule, most: 70 },
  { title: 'WANTED', cell: ({ wanted }) => (wanted === undefined ? '' : actionText(wanted)) },
  { title: 'FOUND', cell: ({ found }) => (found === undefined ? '' : actionText(found)) },
  { title: 'BLOCKS', cell: ({ blocks }) => blocks.map((id) => `#${id}`).join(' '), most: 30 },
  {
    title: 'NOTES',
    cell: ({ error }) => (error === undefined ? '' : `${error.class}: ${error.words}`),
    most: 60,
  },
]
