import type { PublicMonth, PublicStatistics, UsualTimes } from '../app/statistics/public.ts'
import type { Parts } from '../app/statistics/withhold.ts'
import { dayText } from '../calendar/local-time.ts'
import { type CsvCell, csvText } from './csv-text.ts'
import type { PublicStatisticsJson } from './schemas-statistics.ts'

type MonthJson = PublicStatisticsJson['months'][number]

export function publicStatisticsJson({ smallest, months }: PublicStatistics): PublicStatisticsJson {
  return { zone: 'UTC', smallest, months: months.map(monthJson) }
}

function monthJson({ days, by, requests, triggers, ...blocks }: PublicMonth): MonthJson {
  return {
    month: dayText(days.first).slice(0, 7),
    blocks: {
      began: blocks.began,
      by: {
        target: groupsJson(by.target),
        origin: groupsJson(by.origin),
        category: groupsJson(by.category),
        department: groupsJson(by.department),
      },
      ended: blocks.ended.whole,
      endedHow: named(blocks.ended, 'released', 'expired', 'withdrawn', 'declined', 'lapsed'),
      enforce: usualJson(blocks.enforce),
      lift: usualJson(blocks.lift),
      stopped: blocks.stopped,
    },
    requests: {
      filed: requests.filed,
      answered: requests.answered.whole,
      ...named(requests.answered, 'met', 'missed'),
      answer: usualJson(requests.answer),
    },
    triggers: { taken: triggers.whole, ...named(triggers, 'block', 'ask', 'refuse', 'ignore', 'none') },
  }
}

function groupsJson(parts: Parts['parts']): MonthJson['blocks']['by']['target'] {
  return Object.entries(parts).map(([name, began]) => ({ name: name === '' ? null : name, began }))
}

function named<K extends string>({ parts }: Parts, ...names: readonly K[]): Record<K, number | null> {
  return Object.fromEntries(names.map((name) => [name, parts[name] ?? null])) as Record<K, number | null>
}

function usualJson(times: UsualTimes | null): { readonly p50Ms: number; readonly p90Ms: number } | null {
  return times === null ? null : { p50Ms: Math.round(times.p50), p90Ms: Math.round(times.p90) }
}

const COLUMNS = ['month', 'what', 'group', 'value']

/** One line a number: `2026-10,blocks.by.department,physics,12`; `withheld` for what is not told. */
export function publicStatisticsCsv({ months }: PublicStatisticsJson): string {
  return csvText(
    COLUMNS,
    months.flatMap(({ month, ...rest }) => linesOf(rest, '').map((line) => [month, ...line])),
  )
}

function linesOf(value: unknown, path: string): (readonly CsvCell[])[] {
  if (Array.isArray(value))
    return (value as MonthJson['blocks']['by']['target']).map(({ name, began }) => [path, name, shown(began)])
  if (typeof value !== 'object' || value === null) return [[path, null, shown(value as number | null)]]
  return Object.entries(value).flatMap(([name, inner]) =>
    linesOf(inner, path === '' ? name : `${path}.${name}`),
  )
}

function shown(value: number | null): CsvCell {
  return value ?? 'withheld'
}
