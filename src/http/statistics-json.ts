import type { BlockCounts, RequestCounts } from '../app/statistics/counts.ts'
import type { Durations } from '../app/statistics/durations.ts'
import type { Statistics } from '../app/statistics/report.ts'
import type { Row } from '../app/statistics/rows.ts'
import { dayText } from '../calendar/local-time.ts'
import { timeText } from './block-json.ts'
import { type CsvCell, csvText } from './csv-text.ts'
import { pick } from './pick.ts'
import type { StatisticsJson, StatisticsRowJson } from './schemas-statistics.ts'

export function statisticsJson(report: Statistics): StatisticsJson {
  const { days, at, seq, total, rows, now } = report
  return {
    ...{ from: dayText(days.first), to: dayText(days.last), zone: 'UTC' },
    ...pick(report, 'by', 'step', 'departments'),
    ...{ countedTo: timeText(at), seq },
    total: rowJson(total),
    rows: rows.map(rowJson),
    now,
  }
}

function rowJson({ days, group, blocks, requests, triggers, messages }: Row): StatisticsRowJson {
  return {
    ...{ from: dayText(days.first), to: dayText(days.last) },
    ...(group === undefined ? {} : { group }),
    blocks: blocksJson(blocks),
    ...(requests === undefined
      ? {}
      : { requests: { unblock: requestsJson(requests.unblock), logs: requestsJson(requests.logs) } }),
    ...(triggers === undefined ? {} : { triggers: triggers.by }),
    ...(messages === undefined ? {} : { messages: messages.by }),
  }
}

function blocksJson({ began, proposed, ended, enforce, verify, lift, stopped }: BlockCounts) {
  return {
    ...{ began, proposed, ended, stopped },
    enforce: timesJson(enforce),
    verify: timesJson(verify),
    lift: timesJson(lift),
  }
}

function requestsJson({ filed, reopened, settled, answer, answered, acknowledged }: RequestCounts) {
  return { filed, reopened, settled, answer: timesJson(answer), answered, acknowledged }
}

function timesJson(durations: Durations) {
  const whole = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms))
  return {
    n: durations.count,
    p50Ms: whole(durations.quantile(0.5)),
    p90Ms: whole(durations.quantile(0.9)),
    p99Ms: whole(durations.quantile(0.99)),
    maxMs: durations.count === 0 ? null : Math.round(durations.longest),
  }
}

/**
 * One line a row; a column for each number, named by its place in the JSON: `blocks.enforce.p50Ms`. The columns are the same
 * whatever was counted: what a row does not have is empty.
 */
export function statisticsCsv({ rows, total, by }: StatisticsJson): string {
  const { from, to, ...figures } = total
  const names = [...cellsOf({ from, to, ...(by === undefined ? {} : { group: null }), ...figures }).keys()]
  const lines = rows.map((row) => {
    const cells = cellsOf(row)
    return names.map((name) => cells.get(name) ?? null)
  })
  return csvText(names, lines)
}

function cellsOf(row: StatisticsRowJson): Map<string, CsvCell> {
  const cells = new Map<string, CsvCell>()
  const collect = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value))
        collect(inner, path === '' ? name : `${path}.${name}`)
    else cells.set(path, value as CsvCell)
  }
  collect(row, '')
  return cells
}
