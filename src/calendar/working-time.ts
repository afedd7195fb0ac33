import { InputError } from '../domain/input-error.ts'
import { type Calendar, dayAt, requireOpenDay } from './calendar.ts'
import type { Span } from './local-time.ts'
import { clockOf, momentOf, type ServiceDay } from './service-days.ts'

/** Which time counts: full hours alone, full and on-call ones, or all time. */
export type Counted = 'full' | 'on-call' | 'always'

/** What of a day counts. */
function countedIn(day: ServiceDay, counted: Counted): readonly Span[] {
  if (counted === 'always') return [day]
  return counted === 'full' ? day.full : day.served
}

/** How much time counts between two moments, in milliseconds. @throws InputError `calendar-span`, `calendar-range` */
export function workingTime(calendar: Calendar, from: number, to: number, counted: Counted): number {
  if (to < from) throw new InputError('calendar-span', 'the time ends before it begins')
  if (counted === 'always') return to - from
  let total = 0
  for (let day = dayAt(calendar, from); day.from < to; day = calendar.day(day.number + 1))
    for (const span of countedIn(day, counted))
      total += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from))
  return total
}

/**
 * The first moment by which so much time, in milliseconds, has counted. What is used up when hours end is over then, and
 * not when the next begin. @throws InputError `calendar-span`, `calendar-range`
 */
export function addWorkingTime(calendar: Calendar, from: number, ms: number, counted: Counted): number {
  checkAmount(ms)
  if (ms === 0 || counted === 'always') return from + ms
  let left = ms
  for (let day = dayAt(calendar, from); ; day = calendar.day(day.number + 1))
    for (const span of countedIn(day, counted)) {
      const start = Math.max(span.from, from)
      if (left <= span.to - start) return start + left
      left -= Math.max(0, span.to - start)
    }
}

/**
 * The last moment from which so much time, in milliseconds, counts until `to`. @throws InputError `calendar-span`,
 * `calendar-range`
 */
export function subtractWorkingTime(calendar: Calendar, to: number, ms: number, counted: Counted): number {
  checkAmount(ms)
  if (ms === 0 || counted === 'always') return to - ms
  let left = ms
  for (let day = dayAt(calendar, to); ; day = calendar.day(day.number - 1))
    for (const span of countedIn(day, counted).toReversed()) {
      const end = Math.min(span.to, to)
      if (left <= end - span.from) return end - left
      left -= Math.max(0, end - span.from)
    }
}

function checkAmount(ms: number): void {
  if (!Number.isSafeInteger(ms) || ms < 0)
    throw new InputError('calendar-span', `${ms} is no amount of time in whole milliseconds`)
}

/**
 * So many working days, one at least, after `from`: the same time by the clock on a later day that has full hours. What
 * comes outside of full hours counts as come at the next opening. A time that lies outside of the hours of that later
 * day becomes the next opening of that day, or where there is none the end of its hours: never another day.
 * @throws InputError `calendar-span`, `calendar-range`, `calendar-closed`
 */
export function addWorkingDays(calendar: Calendar, from: number, days: number): number {
  if (!Number.isSafeInteger(days) || days < 1)
    throw new InputError('calendar-span', `${days} is no number of working days; it is 1 or more`)
  const opening = nextOpening(calendar, from)
  let day = dayAt(calendar, opening)
  const clock = clockOf(calendar.zone, day, opening)
  for (let left = days; left > 0; left -= 1) day = requireOpenDay(calendar, day.number + 1)
  return withinHours(day.full, momentOf(calendar.zone, day, clock))
}

/** When full hours are next, `at` itself while they are. @throws InputError `calendar-range`, `calendar-closed` */
export function nextOpening(calendar: Calendar, at: number): number {
  for (let day = dayAt(calendar, at); ; day = requireOpenDay(calendar, day.number + 1)) {
    const span = day.full.find(({ to }) => at < to)
    if (span !== undefined) return Math.max(at, span.from)
  }
}

function withinHours(hours: readonly Span[], at: number): number {
  const span = hours.find(({ to }) => at <= to)
  return span === undefined ? (hours.at(-1)?.to ?? at) : Math.max(at, span.from)
}
