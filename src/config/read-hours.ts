import {
  type ClockSpan,
  hoursText,
  overlapInWeek,
  parseHours,
  parseWeekdays,
  type WeekHours,
} from '../calendar/hours.ts'
import { DAY } from '../calendar/local-time.ts'
import type { Tier } from '../calendar/service-days.ts'
import type { Path, Problems } from './problems.ts'

/** Hours by days of the week, `{ mon-fri: [09:00-17:30] }`. What shares time with what stands before is a problem. */
export function readWeek(
  tier: Tier,
  file: Readonly<Record<string, readonly string[]>>,
  path: Path,
  found: Problems,
): WeekHours {
  const week: ClockSpan[][] = Array.from({ length: 7 }, () => [])
  for (const [key, texts] of Object.entries(file)) {
    const days = found.take([...path, key], () => parseWeekdays(key)) ?? []
    for (const [index, text] of texts.entries()) {
      const place = [...path, key, index]
      const span = readSpan(tier, text, place, found)
      if (span === undefined) continue
      const other = days.flatMap((day) => overlapping(week, day, span)).at(0)
      if (other !== undefined) found.add(place, `${text} shares time with ${hoursText(other)}`)
      for (const day of days) week[day]?.push(span)
    }
  }
  return week.map(inOrder)
}

/** Hours of one day. */
export function readDayHours(
  tier: Tier,
  texts: readonly string[],
  path: Path,
  found: Problems,
): readonly ClockSpan[] {
  const spans: ClockSpan[] = []
  for (const [index, text] of texts.entries()) {
    const span = readSpan(tier, text, [...path, index], found)
    if (span === undefined) continue
    const other = spans.find(({ from, to }) => span.from < to && from < span.to)
    if (other !== undefined) found.add([...path, index], `${text} shares time with ${hoursText(other)}`)
    spans.push(span)
  }
  return inOrder(spans)
}

function readSpan(tier: Tier, text: string, path: Path, found: Problems): ClockSpan | undefined {
  const span = found.take(path, () => parseHours(text))
  // A working day is a day by the calendar: it cannot go on in the next.
  if (tier !== 'full' || span === undefined || span.to <= DAY) return span
  found.add(path, `${text} goes on after midnight; full hours end at 24:00 at the latest, on-call ones may`)
  return undefined
}

function overlapping(week: WeekHours, day: number, span: ClockSpan): ClockSpan[] {
  return week.flatMap((spans, other) => spans.filter((one) => overlapInWeek(day, span, other, one)))
}

function inOrder(spans: readonly ClockSpan[]): readonly ClockSpan[] {
  return spans.toSorted((a, b) => a.from - b.from)
}
