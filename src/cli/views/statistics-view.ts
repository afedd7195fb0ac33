import type {
  PublicStatisticsAnswer,
  StatisticsAnswer,
  StatisticsRow,
  Times,
} from '../http/wire-statistics.ts'
import type { Shown } from '../output/output.ts'
import { type Column, type Fields, renderFields, renderTable } from '../output/table.ts'
import { spanText } from '../output/time.ts'
import { bytesText } from './spec.ts'

export function showStatistics(answer: StatisticsAnswer): Shown {
  const { rows, total } = answer
  const isOne = rows.length === 1 && rows[0]?.group === undefined
  return {
    value: answer,
    names: () => rows.map((row) => nameOf(row)),
    text: (paint, wide) =>
      `${renderFields([...headFields(answer), ...totalFields(total)], paint)}${
        isOne ? '' : `\n${renderTable(columnsOf(answer), rows, paint, wide)}`
      }`,
  }
}

function headFields({ from, to, departments, now }: StatisticsAnswer): Fields {
  const open = (['unblock', 'logs'] as const)
    .filter((kind) => now[kind].open > 0)
    .map((kind) => `${now[kind].open} ${kind} (${now[kind].overdue} overdue)`)
  return [
    ['days', `${from} to ${to}, UTC`],
    ['departments', departments?.join(', ')],
    ['open requests', open.length === 0 ? undefined : open.join(', ')],
  ]
}

function totalFields({ blocks, requests, triggers, messages }: StatisticsRow): Fields {
  const { began, proposed, ended, enforce, verify, lift, stopped } = blocks
  return [
    ['blocks', `${began} began, ${proposed} proposed`],
    ['ended', countsText(ended)],
    ['enforced in', timesText(enforce)],
    ['everywhere in', timesText(verify)],
    ['lifted in', timesText(lift)],
    [
      'stopped',
      stopped.blocks === 0
        ? 'not counted'
        : `${stopped.packets} packets, ${bytesText(stopped.bytes)}, counted of ${stopped.blocks} blocks`,
    ],
    ...requestFields('unblock', requests?.unblock),
    ...requestFields('logs', requests?.logs),
    ['triggers', triggers === undefined ? undefined : countsText(triggers)],
    ['messages', messages === undefined ? undefined : countsText(messages)],
  ]
}

function requestFields(
  name: string,
  figures: NonNullable<StatisticsRow['requests']>['unblock'] | undefined,
): Fields {
  if (figures === undefined || figures.filed + figures.reopened + figures.answer.n === 0) return []
  const { filed, reopened, settled, answer, answered, acknowledged } = figures
  return [
    [`requests ${name}`, `${filed} filed, ${reopened} reopened; ${countsText(settled)}`],
    ['  answered in', `${timesText(answer)}; ${answered.met} in time, ${answered.missed} late`],
    ['  acknowledged', `${acknowledged.met} in time, ${acknowledged.missed} late`],
  ]
}

/** `3 released, 1 expired`; what there is none of is left out. */
function countsText(counts: Readonly<Record<string, number>>): string {
  const there = Object.entries(counts).filter(([, count]) => count > 0)
  return there.length === 0 ? 'none' : there.map(([name, count]) => `${count} ${name}`).join(', ')
}

function timesText({ n, p50Ms, p90Ms, p99Ms, maxMs }: Times): string {
  if (n === 0) return 'none'
  const words = [`half ${shortText(p50Ms)}`, `90 % ${shortText(p90Ms)}`, `99 % ${shortText(p99Ms)}`]
  return `${words.join(', ')}, longest ${shortText(maxMs)} (${n})`
}

/** What is shorter than a second matters here. */
function shortText(ms: number | null): string {
  if (ms === null) return ''
  return ms < 10_000 ? `${Number((ms / 1_000).toFixed(2))}s` : spanText(ms)
}

function nameOf({ from, group }: StatisticsRow): string {
  return group === undefined ? from : `${from} ${group ?? '-'}`
}

function columnsOf({ by, step }: StatisticsAnswer): readonly Column<StatisticsRow>[] {
  return [
    ...(step === undefined ? [] : [{ title: 'FROM', cell: ({ from }: StatisticsRow) => from }]),
    ...(by === undefined
      ? []
      : [{ title: by.toUpperCase(), cell: ({ group }: StatisticsRow) => group ?? '-', most: 40 }]),
    { title: 'BEGAN', cell: ({ blocks }) => String(blocks.began) },
    { title: 'ENDED', cell: ({ blocks }) => String(Object.values(blocks.ended).reduce((a, b) => a + b, 0)) },
    { title: 'ENFORCED', cell: ({ blocks }) => shortText(blocks.enforce.p50Ms) },
    { title: 'EVERYWHERE', cell: ({ blocks }) => shortText(blocks.verify.p50Ms), wide: true },
    { title: 'LIFTED', cell: ({ blocks }) => shortText(blocks.lift.p50Ms) },
    {
      title: 'PACKETS',
      cell: ({ blocks }) => (blocks.stopped.blocks === 0 ? '' : String(blocks.stopped.packets)),
    },
    {
      title: 'REQUESTS',
      cell: ({ requests }) => (requests === undefined ? '' : String(requests.unblock.filed)),
    },
    {
      title: 'LATE',
      cell: ({ requests }) => (requests === undefined ? '' : String(requests.unblock.answered.missed)),
    },
  ]
}

type Month = PublicStatisticsAnswer['months'][number]

export function showPublicStatistics(answer: PublicStatisticsAnswer): Shown {
  return {
    value: answer,
    names: () => answer.months.map(({ month }) => month),
    text: (paint, wide) => renderTable(PUBLIC, answer.months, paint, wide),
  }
}

const WITHHELD = '*'

function countText(count: number | null): string {
  return count === null ? WITHHELD : String(count)
}

const PUBLIC: readonly Column<Month>[] = [
  { title: 'MONTH', cell: ({ month }) => month },
  { title: 'BEGAN', cell: ({ blocks }) => countText(blocks.began) },
  { title: 'ENDED', cell: ({ blocks }) => countText(blocks.ended) },
  { title: 'ENFORCED', cell: ({ blocks }) => shortText(blocks.enforce?.p50Ms ?? null) || WITHHELD },
  { title: 'LIFTED', cell: ({ blocks }) => shortText(blocks.lift?.p50Ms ?? null) || WITHHELD },
  { title: 'REQUESTS', cell: ({ requests }) => countText(requests.filed) },
  { title: 'ANSWERED', cell: ({ requests }) => shortText(requests.answer?.p50Ms ?? null) || WITHHELD },
]
